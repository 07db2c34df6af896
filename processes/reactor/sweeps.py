"""Retention: what is kept for a while only. Nothing else in the studio is periodic.

One process at a time sweeps, by a row that says when the last round began. Each statement deletes a
batch and no more, so that no lock is held for long; each round has a limit, and the next one goes
on. What is due at a time of its own is an intent, and none of this.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from commands.ports.clock import Clock

log = structlog.get_logger()

ROUND_EVERY = timedelta(hours=1)
LOOK_EVERY_S = 60.0
BATCH_MAX = 5_000
"""Rows that one statement deletes: some ten milliseconds."""

BATCHES_PER_ROUND_MAX = 200
"""A million rows an hour of each kind: more than anything here grows by."""

FEED_KEPT = timedelta(days=30)
"""Whoever was away for longer is quicker with a new look than with the deltas."""

COMMANDS_KEPT = timedelta(days=90)
"""No client repeats a request for so long; the events of a command stay."""

DONE_INTENTS_KEPT = timedelta(days=90)
"""For the question what became of something. Their events are behind the tail for good."""

WEBHOOKS_KEPT = timedelta(days=7)
"""Their signatures are stale after minutes."""

SESSIONS_KEPT = timedelta()
"""An expired session opens nothing."""

IDENTITY_SESSIONS_KEPT = timedelta(days=30)
"""A check is followed for a week, and providers send for as long what nobody took."""

TRIES_KEPT = timedelta(minutes=5)
"""An empty bucket counts nothing; the clocks of two processes may differ by a little."""

CLOSED_PLACES_KEPT = timedelta(days=2)
"""Longer than any form lasts, and than anybody who was allowed to write stands still."""

NO_TIME = timedelta()
"""For what goes as soon as something newer stands in its place."""


@dataclass(frozen=True)
class Sweep:
    """One kind of rows. `forget` deletes up to so many that are older, and answers how many."""

    name: str
    kept: timedelta
    forget: Callable[[datetime, int], int]


class Sweeps:
    """Sweeps in rounds. `begin` answers whether a round is due at a time, and is begun by this."""

    def __init__(
        self, sweeps: Sequence[Sweep], begin: Callable[[datetime], bool], clock: Clock
    ) -> None:
        self._sweeps = sweeps
        self._begin = begin
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Sweep whenever a round is due, until `stop` is set. What fails waits for the next."""
        while not stop.is_set():
            try:
                if self._begin(self._clock()):
                    self.sweep(stop)
            except Exception as error:
                log.warning("sweep failed", error=type(error).__name__)
            stop.wait(LOOK_EVERY_S)

    def sweep(self, stop: threading.Event) -> dict[str, int]:
        """One round of everything. Answers how many rows of each kind went.

        What fails holds up no other kind: an object store may be away for long.
        """
        gone: dict[str, int] = {}
        for sweep in self._sweeps:
            try:
                gone[sweep.name] = self._gone(sweep, stop)
            except Exception as error:
                log.warning("sweep failed", kind=sweep.name, error=type(error).__name__)
        log.info("swept", **gone)
        return gone

    def _gone(self, sweep: Sweep, stop: threading.Event) -> int:
        before = self._clock() - sweep.kept
        gone = 0
        for _ in range(BATCHES_PER_ROUND_MAX):
            if stop.is_set():
                break
            batch = sweep.forget(before, BATCH_MAX)
            gone += batch
            if batch < BATCH_MAX:
                break
        return gone
