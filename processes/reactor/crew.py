"""The threads of one reactor, and that none of them dies or hangs unnoticed."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self

import structlog

from processes.reactor.executor import PACE, Executor, Pace, Wake

log = structlog.get_logger()

EXECUTORS = 3
"""One that waits for a provider and one that deletes much leave one for everybody else."""

DEED_LIMIT = timedelta(minutes=15)
"""No deed takes longer: what deletes more than that goes on where it was, in the next try."""

JOIN_PATIENCE_S = 10.0
"""A deed that was begun may end before its process does; else its lease runs out."""


class DeedHangs(Exception):
    """A deed took longer than any may."""


class Crew:
    """Runs executors, and what works beside them, in threads while its block is active.

    Holds the leases of what is being carried out.

    Where one of them dies, or hangs, `stop` is set, and the block ends with what it died of.
    """

    def __init__(
        self,
        executors: Sequence[Executor],
        stop: threading.Event,
        wake: Wake,
        *,
        beside: Sequence[Callable[[threading.Event], None]] = (),
        pace: Pace = PACE,
    ) -> None:
        self._stop = stop
        self._wake = wake
        self._pace = pace
        self._executors = executors
        self._ended = threading.Event()
        self._died_of: BaseException | None = None
        works = [*(partial(one.run, wake=wake) for one in executors), *beside]
        self._threads = [
            threading.Thread(target=self._work, args=[work], name=f"crew {number}", daemon=True)
            for number, work in enumerate(works, start=1)
        ]
        self._holder = threading.Thread(target=self._hold, name="leases", daemon=True)

    def __enter__(self) -> Self:
        for thread in (*self._threads, self._holder):
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._wake.call()
        if not isinstance(self._died_of, DeedHangs):
            for thread in self._threads:
                thread.join(JOIN_PATIENCE_S)
        self._ended.set()
        self._holder.join(JOIN_PATIENCE_S)
        if self._died_of is not None:
            raise self._died_of

    def _work(self, work: Callable[[threading.Event], None]) -> None:
        try:
            work(self._stop)
        except BaseException as error:
            self._fail(error)

    def _hold(self) -> None:
        try:
            while not self._ended.wait(self._pace.lease_s / 4):
                for executor in self._executors:
                    if executor.renew() > DEED_LIMIT:
                        raise DeedHangs()
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        log.error("reactor fails", error=type(error).__name__)
        self._died_of = self._died_of or error
        self._stop.set()
        self._wake.call()
