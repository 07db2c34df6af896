"""What a process shows of itself while it runs: made once, handed to its wiring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from processes.heartbeat import Heartbeat
from processes.metrics.main_loop import MainLoop
from processes.metrics.served import served
from processes.observed_transport import MessageObserver
from processes.settings import Settings

if TYPE_CHECKING:
    from processes.tracing.tracing import Tracing


@dataclass(frozen=True)
class Sight:
    """Where the metrics of this process are registered, and who follows requests through it.

    Nobody looks at the metrics until they are served. Without `tracing`, nobody follows anything.
    """

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    tracing: Tracing | None = None

    @property
    def message_observers(self) -> tuple[MessageObserver, ...]:
        """Who sees every message of this process."""
        return () if self.tracing is None else (self.tracing,)


@contextmanager
def sight_of(settings: Settings, process: str, heartbeat: Heartbeat) -> Iterator[Sight]:
    """What this process shows, for the length of a `with` block."""
    with ExitStack() as stack:
        registry, tracing = CollectorRegistry(), None
        MainLoop(registry, process, heartbeat)
        stack.enter_context(served(settings, process, registry))
        if settings.otlp_endpoint is not None:
            # Imported here: it takes half a second, and most installations have no collector.
            from processes.tracing.exporting import exported

            tracing = stack.enter_context(exported(settings.otlp_endpoint, process))
        yield Sight(registry, tracing)
