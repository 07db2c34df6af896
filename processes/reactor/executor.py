"""Carries out intents from their table, one at a time. Any number of executors work at once."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from commands.ports.clock import Clock
from commands.ports.intents import Intent, IntentStore, Lease
from commands.reactions.wanted_form import WantedUnreadable, decode_wanted
from domain.kernel.refusal import Refusal
from domain.kernel.stored_form import StoredEventUnreadable
from processes.reactor.outcome import Done, NotYet, Outcome, Waits

log = structlog.get_logger()


@dataclass(frozen=True)
class Pace:
    """How often things are tried.

    What failed is tried again after `retry_s`, then after twice as long each time, up to
    `retry_s_max`, for ever: from then on it is shown as parked. What needs another release begins
    at `release_retry_s`. An executor that found nothing looks again after `poll_s`; it is woken for
    what its own process has written.
    """

    retry_s: float = 1.0
    retry_s_max: float = 3_600.0
    release_retry_s: float = 60.0
    poll_s: float = 1.0
    lease_s: float = 20.0

    def retry_after_s(self, failures: int, first_s: float) -> float:
        """How long to wait after so many failures in a row (1 or more)."""
        # The exponent has a limit of its own, for a number of years would not fit into a float.
        return min(self.retry_s_max, first_s * 2.0 ** min(failures - 1, 32))


PACE = Pace()

_NEEDS_ANOTHER_RELEASE = (StoredEventUnreadable, WantedUnreadable)


class Wake:
    """Tells executors that there may be something to do."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turns = 0

    def seen(self) -> int:
        """How often it has been called so far. Ask before looking for work."""
        with self._changed:
            return self._turns

    def call(self) -> None:
        """Have everybody look who waits, or is about to."""
        with self._changed:
            self._turns += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout_s: float) -> None:
        """Until it is called once more than it had been then, or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._turns != seen, timeout_s)


class CarriesOut(Protocol):
    """What an executor calls: `Deeds`."""

    def carry_out(self, wanted: object, owner_id: UUID, key: UUID) -> Outcome:
        """See `Deeds.carry_out`."""
        ...


class Executor:
    """One thread's worth. Its lease outlasts a deed that takes long only if `renew` is called."""

    def __init__(
        self, intents: IntentStore, deeds: CarriesOut, clock: Clock, *, pace: Pace = PACE
    ) -> None:
        self._intents = intents
        self._deeds = deeds
        self._clock = clock
        self._pace = pace
        self._current: tuple[Lease, datetime] | None = None

    def run(self, stop: threading.Event, wake: Wake) -> None:
        """Carry out what is due until `stop` is set and `wake` is called."""
        while not stop.is_set():
            seen = wake.seen()
            if not self.carry_out_next():
                wake.wait(seen, self._pace.poll_s)

    def carry_out_next(self) -> bool:
        """Carry out one intent that is due. False where there is none."""
        now = self._clock()
        lease = self._intents.claim(now=now, leased_until=self._lease_end(now))
        if lease is None:
            return False
        self._current = lease, now
        try:
            self._carry_out(lease)
        finally:
            self._current = None
        return True

    def renew(self) -> timedelta:
        """Hold the lease of what is being carried out. Answers how long that has taken so far.

        Called by another thread than the one that carries out.
        """
        current, now = self._current, self._clock()
        if current is None:
            return timedelta()
        lease, since = current
        self._intents.renew(lease, leased_until=self._lease_end(now))
        return now - since

    def _lease_end(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._pace.lease_s)

    def _carry_out(self, lease: Lease) -> None:
        intent = lease.intent
        try:
            outcome = self._outcome_of(intent)
        except Exception as error:
            # Whatever failed outside fails for a while; the class says enough for an operator.
            self._failed(lease, error)
            return
        now = self._clock()
        match outcome:
            case Done():
                self._intents.finish(lease, outcome=outcome.outcome, now=now, then=outcome.then)
            case NotYet():
                # Never at once: whatever is asked is asked at most so often.
                soonest = now + timedelta(seconds=self._pace.retry_s)
                self._intents.postpone(lease, until=max(outcome.until, soonest), now=now)
            case Waits():
                self._intents.release(lease, now=now)

    def _outcome_of(self, intent: Intent) -> Outcome:
        wanted = decode_wanted(intent.payload)
        try:
            return self._deeds.carry_out(wanted, intent.owner_id, intent.intent_id)
        except Refusal as refusal:
            # The world has moved on since the event: what was to be done is no longer wanted.
            log.debug("intent refused", reaction=intent.reaction, code=refusal.code)
            return Done(outcome=f"refused:{refusal.code}")

    def _failed(self, lease: Lease, error: Exception) -> None:
        intent, now = lease.intent, self._clock()
        needs_another = isinstance(error, _NEEDS_ANOTHER_RELEASE)
        first_s = self._pace.release_retry_s if needs_another else self._pace.retry_s
        retry_after_s = self._pace.retry_after_s(intent.attempts + 1, first_s)
        log.warning(
            "intent failed",
            intent=str(intent.intent_id),
            reaction=intent.reaction,
            position=intent.cause_position,
            error=type(error).__name__,
            retry_after_s=retry_after_s,
        )
        self._intents.fail(
            lease,
            error=type(error).__name__,
            retry_at=now + timedelta(seconds=retry_after_s),
            now=now,
            parked=retry_after_s >= self._pace.retry_s_max,
        )
