"""How long commands take, how they end, and which rules say no."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Histogram

from commands.ports.event_store import ConcurrentChange, OutcomeUnknown, OwnerBusy
from domain.kernel.refusal import Refusal

BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""From a command that meets nobody to one that has waited for an owner's turn as long as it may."""

_WAITED_IN_VAIN = (OwnerBusy, ConcurrentChange, OutcomeUnknown)


class CommandMetrics:
    """Observes commands. Labels are stored names of commands and codes of refusals: both are sets
    that the code closes, and no owner ever stands in one.
    """

    def __init__(
        self, registry: CollectorRegistry, monotonic_s: Callable[[], float] = time.perf_counter
    ) -> None:
        self._monotonic_s = monotonic_s
        self._seconds = Histogram(
            "suite_command_seconds",
            "From the door to the commit, or to the refusal.",
            ["command"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._ended = Counter(
            "suite_commands",
            "Commands by how they ended: accepted, refused, busy, failed.",
            ["command", "outcome"],
            registry=registry,
        )
        self._refused = Counter(
            "suite_refusals",
            "Commands that a rule refused.",
            ["command", "code"],
            registry=registry,
        )

    @contextmanager
    def command(self, name: str, command: Any, *, owner_id: UUID, key: UUID) -> Iterator[None]:
        """See `CommandObserver.command`."""
        began_s, outcome = self._monotonic_s(), "failed"
        try:
            yield
            outcome = "accepted"
        except Refusal as refusal:
            outcome = "refused"
            self._refused.labels(name, refusal.code).inc()
            raise
        except _WAITED_IN_VAIN:
            outcome = "busy"
            raise
        finally:
            self._seconds.labels(name).observe(self._monotonic_s() - began_s)
            self._ended.labels(name, outcome).inc()
