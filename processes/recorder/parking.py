"""Where a report goes that cannot be recorded: it is parked, and so is what comes behind it.

Everybody else goes on. A parked report is tried again by itself, ever less often, and once it is
recorded those behind it follow in their order. Claims are not parked: whoever claims waits for the
answer and asks again, so that a claim which cannot be answered is refused in the end.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID

import structlog

from commands.ports.parked_messages import ParkedMessage, ParkedMessages, ParkingFull, Record
from processes.outage import BUSY, is_outage
from processes.recorder.recorder import TOPIC, Recorder
from topics.codec import Undecodability, Undecodable, decode
from topics.consume import DeadLetterBox
from topics.messages.grants import ClaimRefusal
from topics.messages.results import (
    JobAlive,
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PhotosJudged,
)
from topics.registry import Message
from topics.transport import Delivery

log = structlog.get_logger()

BEHIND = "behind"
"""Stands for an error where a record only waits behind another."""

_NEWER = (Undecodability.UNKNOWN_TYPE, Undecodability.UNKNOWN_VERSION)
"""A newer release can read these. What fits no type it claims to be, nobody ever can."""

_CLAIMS_REMEMBERED = 1_024


@dataclass(frozen=True)
class ParkingPace:
    """How often what failed is tried again, in seconds.

    `in_place_delays_s`: before each further try on the spot, while everybody waits; so they are
    short. `retry_min_s` doubles with every later try, up to `retry_max_s`. `lease_s`: how long one
    try may take before another process may try as well. `look_s`: how often it is asked what is
    due. `claim_tries_max`: a claim comes again every few seconds, which is its backoff.
    """

    in_place_delays_s: tuple[float, ...] = (0.05, 0.2)
    retry_min_s: float = 1.0
    retry_max_s: float = 600.0
    lease_s: float = 60.0
    look_s: float = 1.0
    retries_a_turn_max: int = 50
    claim_tries_max: int = 4

    def due(self, attempts: int, at: datetime) -> datetime:
        """When to try again what was tried so often."""
        doublings = min(max(attempts - 1, 0), 30)
        return at + timedelta(seconds=min(self.retry_min_s * 2**doublings, self.retry_max_s))


class Retried(Enum):
    """What came of trying a parked report again."""

    RECORDED = "recorded"
    STILL_PARKED = "still parked"
    GONE = "gone"


class ParkingRecorder:
    """The handler of the results topic, and of what it parked. Used by one thread.

    `turned` is called after each report: one may take long, and a batch so much longer.
    """

    def __init__(
        self,
        recorder: Recorder,
        parked: ParkedMessages,
        dead_letters: DeadLetterBox,
        *,
        pace: ParkingPace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
        turned: Callable[[], object] = lambda: None,
    ) -> None:
        self._recorder = recorder
        self._parked = parked
        self._dead_letters = dead_letters
        self._pace = pace or ParkingPace()
        self._now = now
        self._monotonic_s = monotonic_s
        self._pause = pause
        self._turned = turned
        self._looks_at_s = float("-inf")
        self._unanswered: OrderedDict[UUID, int] = OrderedDict()

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Record, answer, or park each, in order. Raises only where something is away.

        Then none of the batch may be committed, and all of it comes again.
        """
        abouts = [about for one in deliveries if (about := _about(one)) is not None]
        waiting = set(self._parked.waiting(abouts))
        for delivery in deliveries:
            self._handle(delivery, waiting)
            self._turned()

    def retry_due(self) -> None:
        """Try again what is due. To be called once a turn: it looks only so often."""
        if self._monotonic_s() < self._looks_at_s:
            return
        self._looks_at_s = self._monotonic_s() + self._pace.look_s
        for _ in range(self._pace.retries_a_turn_max):
            taken = self._parked.take_due(self._now(), lease=self._lease)
            if taken is None:
                return
            self._retry(taken)
            self._turned()

    def retry(self, id: int) -> Retried:
        """Try again by hand: the first report of this one's job, and those behind it after it."""
        outcome = Retried.GONE
        taken = self._parked.take(id, self._now(), lease=self._lease)
        while taken is not None:
            if not self._retry(taken):
                return Retried.STILL_PARKED
            outcome = Retried.RECORDED
            # Once this id is gone its job is no longer known by it, and the rest is due by itself.
            taken = self._parked.take(id, self._now(), lease=self._lease)
        return outcome

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self._pace.lease_s)

    def _handle(self, delivery: Delivery, waiting: set[UUID]) -> None:
        match delivery.message:
            case JobClaimed() as claim:
                self._answer(claim)
                return
            case JobAlive():
                return
        about = _about(delivery)
        if about is None:
            # Nobody will ever read it, and any number of such records stops nobody.
            self._dead_letters.sort([delivery])
            return
        if about in waiting:
            self._park(delivery, about, error=BEHIND, attempts=0)
            return
        failure = self._record_in_place(delivery.message)
        if failure is not None:
            waiting.add(about)
            self._park(delivery, about, error=failure, attempts=1)

    def _answer(self, claim: JobClaimed) -> None:
        try:
            self._recorder.claims.answer(claim)
        except Exception as error:
            if is_outage(error) and not isinstance(error, BUSY):
                raise
            tries = self._unanswered.pop(claim.claim_id, 0) + 1
            log.error(
                "claim not answered", job=str(claim.job), tries=tries, error=type(error).__name__
            )
            if tries >= self._pace.claim_tries_max:
                self._recorder.claims.refuse(claim, ClaimRefusal.UNKNOWN_JOB)
                return
            self._unanswered[claim.claim_id] = tries
            if len(self._unanswered) > _CLAIMS_REMEMBERED:
                self._unanswered.popitem(last=False)

    def _record_in_place(self, message: Message | Undecodable) -> str | None:
        """Try a few times on the spot. The name of what was raised last, or None."""
        for delay_s in self._pace.in_place_delays_s:
            if self._record(message) is None:
                return None
            self._pause(delay_s)
        return self._record(message)

    def _record(self, message: Message | Undecodable) -> str | None:
        """Record a report. The name of what was raised, or None. Raises where something is away."""
        try:
            match message:
                case JobRendered() | JobFailed() | OutputsScreened() | PhotosJudged():
                    self._recorder.record(message)
                    return None
                case Undecodable():
                    return message.reason.value
                case _:
                    return type(message).__name__
        except Exception as error:
            if is_outage(error) and not isinstance(error, BUSY):
                raise
            return type(error).__name__

    def _park(self, delivery: Delivery, about: UUID, *, error: str, attempts: int) -> None:
        at = self._now()
        record = Record(
            delivery.topic,
            delivery.partition,
            delivery.offset,
            delivery.headers,
            delivery.value,
        )
        due = self._pace.due(attempts, at)
        try:
            self._parked.park(about, record, error=error, attempts=attempts, at=at, due=due)
        except ParkingFull as full:
            self._dead_letters.give_up(delivery, type(full).__name__)
            return
        log.error("report parked", about=str(about), offset=delivery.offset, error=error)

    def _retry(self, taken: ParkedMessage) -> bool:
        record = taken.record
        failure = self._record(decode(TOPIC, record.headers, record.value))
        if failure is None:
            self._parked.done(taken.id)
            log.info("parked report recorded", about=str(taken.about), tries=taken.attempts)
            return True
        at = self._now()
        due = self._pace.due(taken.attempts, at)
        self._parked.failed(taken.id, error=failure, at=at, due=due)
        log.error("report still parked", about=str(taken.about), error=failure)
        return False


def _about(delivery: Delivery) -> UUID | None:
    """The job or submission that a record has to keep its turn for; None where it has no turn."""
    match delivery.message:
        case JobRendered() | JobFailed() | OutputsScreened() as report:
            return report.job
        case PhotosJudged() as judged:
            return judged.submission
        case Undecodable() as found if found.reason in _NEWER:
            try:
                return UUID(delivery.key)
            except ValueError:
                return None
        case _:
            return None
