"""What a process shows of itself while it runs: made once, handed to its wiring."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from processes.heartbeat import Heartbeat
from processes.metrics.main_loop import MainLoop
from processes.metrics.served import served
from processes.settings import Settings


@dataclass(frozen=True)
class Sight:
    """Where the metrics of this process are registered. Nobody looks until they are served."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)


@contextmanager
def sight_of(settings: Settings, process: str, heartbeat: Heartbeat) -> Iterator[Sight]:
    """What this process shows, for the length of a `with` block."""
    sight = Sight()
    MainLoop(sight.registry, process, heartbeat)
    with served(settings, process, sight.registry):
        yield sight
