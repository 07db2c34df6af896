"""A look that may take long, for somebody who may not wait long."""

import threading
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

FRESH_S = 5.0
"""Whoever asks within this time of a look is answered by it: many may ask, and one looks."""
WAIT_MAX_S = 2.0
"""How long whoever asks waits for a look. Prometheus gives up after ten seconds."""
STALE_S = 60.0
"""What was seen so long ago is no answer any more."""


class Seen(NamedTuple, Generic[T]):
    """The last look that succeeded, if one is not too old; its age; how many have failed."""

    value: T | None
    age_s: float
    failures: int


class BoundedLook(Generic[T]):
    """Looks only when it is asked, by one thread at a time, however long that takes.

    What `look` raises is counted and said by its class. Safe to share between threads.
    """

    def __init__(
        self,
        look: Callable[[], T],
        *,
        fresh_s: float = FRESH_S,
        wait_max_s: float = WAIT_MAX_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._fresh_s = fresh_s
        self._wait_max_s = wait_max_s
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._looking: threading.Thread | None = None
        self._value: T | None = None
        self._at_s = float("-inf")
        self._failures = 0

    def seen(self) -> Seen[T]:
        """What there is to see, after at most `wait_max_s`."""
        looking = self._begin()
        if looking is not None:
            looking.join(self._wait_max_s)
        with self._lock:
            age_s = self._monotonic_s() - self._at_s
            return Seen(self._value if age_s <= STALE_S else None, age_s, self._failures)

    def _begin(self) -> threading.Thread | None:
        """Whoever is looking, or begins to: nobody where the last look is fresh."""
        with self._lock:
            if self._monotonic_s() - self._at_s < self._fresh_s:
                return None
            if self._looking is None or not self._looking.is_alive():
                self._looking = threading.Thread(target=self._once, name="survey", daemon=True)
                self._looking.start()
            return self._looking

    def _once(self) -> None:
        try:
            value = self._look()
        except Exception as error:
            # Only the class: the message may name hosts and users.
            log.warning("survey failed", error=type(error).__name__)
            with self._lock:
                self._failures += 1
            return
        with self._lock:
            self._value, self._at_s = value, self._monotonic_s()
