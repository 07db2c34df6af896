"""Where a report goes that cannot be recorded: it is parked, and so is what comes behind it.

Everybody else goes on. A parked report is tried again by itself, ever less often, and once it is
recorded those behind it follow in their order. A report whose owner is at work elsewhere waits in
the same place, for as long as it was told. Claims are not parked: whoever claims waits for the
answer and asks again, so that a claim which cannot be answered is refused in the end.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID, uuid5

import structlog

from commands.ports.event_store import OwnerBusy
from commands.ports.parked_messages import ParkedMessage, ParkedMessages, ParkingFull, Record
from processes.outage import BUSY, is_outage
from processes.recorder.busy_owners import BusyOwners
from processes.recorder.claims import claim_about
from processes.recorder.pace import ParkingPace
from processes.recorder.recorder import TOPICS, Recorder
from processes.recorder.reports import Report, reported
from processes.recorder.speakers import is_in_its_place
from topics.codec import Undecodability, Undecodable, decode
from topics.consume import DeadLetterBox
from topics.messages.grants import ClaimRefusal
from topics.messages.results import (
    JobAlive,
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    SourcePhotoJudged,
)
from topics.registry import VERDICTS, Message
from topics.transport import Delivery

log = structlog.get_logger()

BEHIND = "behind"
"""Stands for an error where a record only waits behind another."""

_NEWER = (Undecodability.UNKNOWN_TYPE, Undecodability.UNKNOWN_VERSION)
"""A newer release can read these. What fits no type it claims to be, nobody ever can."""

_CLAIMS_REMEMBERED = 1_024
_TOPICS = {topic.name: topic for topic in TOPICS}


@dataclass(frozen=True)
class _Failure:
    """The name of what was raised. `again_s`: its owner is at work elsewhere for so long."""

    error: str
    again_s: float | None = None


class Retried(Enum):
    """What came of trying a parked report again."""

    RECORDED = "recorded"
    STILL_PARKED = "still parked"
    GONE = "gone"


class ParkingRecorder:
    """The handler of results and verdicts, and of what it parked. Used by one thread.

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
        self._paused_s = 0.0
        self._busy = BusyOwners(recorder.owner_of, monotonic_s)
        self._unanswered: OrderedDict[UUID, int] = OrderedDict()

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Record, answer, or park each, in order. Raises only where something is away.

        Then none of the batch may be committed, and all of it comes again.
        """
        abouts = [about for one in deliveries if (about := _about(one)) is not None]
        waiting = set(self._parked.waiting(abouts))
        self._paused_s = 0.0
        for delivery in deliveries:
            self._handle(delivery, waiting)
            self._turned()

    def retry_due(self) -> None:
        """Try again what is due. To be called once a turn: it looks only so often."""
        if self._monotonic_s() < self._looks_at_s:
            return
        began_s = self._monotonic_s()
        self._looks_at_s = began_s + self._pace.look_s
        for _ in range(self._pace.retries_a_turn_max):
            if self._monotonic_s() - began_s > self._pace.retries_turn_s:
                return
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
        if not is_in_its_place(delivery.topic, delivery.message):
            self._turn_away(delivery.topic, delivery.message)
            return
        match delivery.message:
            case JobClaimed() as claim:
                self._answer(claim)
                return
            case JobAlive():
                return
        about = _about(delivery)
        if about is None or self._is_of_nobody(delivery):
            # Nobody will ever read it, and any number of such records stops nobody.
            self._dead_letters.sort([delivery])
            return
        if about in waiting:
            self._park(delivery, about, _Failure(BEHIND), attempts=0)
            return
        failure = self._record_in_place(delivery.message)
        if failure is not None:
            waiting.add(about)
            self._park(delivery, about, failure, attempts=1)

    def _is_of_nobody(self, delivery: Delivery) -> bool:
        """Whether a worker sent what nobody can read yet, about nothing of ours."""
        if not isinstance(delivery.message, Undecodable) or delivery.topic == VERDICTS.name:
            return False
        job = _job_of(delivery)
        return job is None or self._recorder.owner_of(job) is None

    def _turn_away(self, topic: str, message: Message | Undecodable) -> None:
        """What its writers may not say. Work that waits is announced again until it is done."""
        log.warning("not said where it may be", topic=topic, kind=type(message).__name__)
        if isinstance(message, JobClaimed):
            self._recorder.claims.refuse(message, ClaimRefusal.STALE_ATTEMPT)

    def _answer(self, claim: JobClaimed) -> None:
        about = claim_about(claim)
        if self._busy.for_s(about) is not None:
            # It comes again, and by then its owner may have time.
            return
        try:
            self._recorder.claims.answer(claim)
        except BUSY as busy:
            self._busy.note(about, busy)
        except Exception as error:
            if is_outage(error):
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

    def _record_in_place(self, message: Message | Undecodable) -> _Failure | None:
        """Try a few times on the spot, but not where an owner's turn was waited for already."""
        for delay_s in self._pace.in_place_delays_s:
            failure = self._record(message)
            if failure is None or failure.again_s is not None:
                return failure
            if isinstance(message, Undecodable) or self._paused_s >= self._pace.in_place_max_s:
                return failure
            self._paused_s += delay_s
            self._pause(delay_s)
        return self._record(message)

    def _record(self, message: Message | Undecodable) -> _Failure | None:
        """Record a report. What was raised, or None. Raises where something is away."""
        match message:
            case (
                JobRendered()
                | JobFailed()
                | OutputsScreened()
                | PhotosJudged()
                | SourcePhotoJudged()
                | PackMade()
            ):
                return self._record_report(message)
            case Undecodable():
                return _Failure(message.reason.value)
            case _:
                return _Failure(type(message).__name__)

    def _record_report(self, report: Report) -> _Failure | None:
        about = reported(report).about
        again_s = self._busy.for_s(about)
        if again_s is not None:
            return _Failure(OwnerBusy.__name__, again_s)
        try:
            self._recorder.record(report)
        except BUSY as busy:
            return _Failure(type(busy).__name__, self._busy.note(about, busy))
        except Exception as error:
            if is_outage(error):
                raise
            return _Failure(type(error).__name__)
        return None

    def _due(self, failure: _Failure, attempts: int, at: datetime) -> datetime:
        if failure.again_s is None:
            return self._pace.due(attempts, at)
        return at + timedelta(seconds=failure.again_s)

    def _park(self, delivery: Delivery, about: UUID, failure: _Failure, *, attempts: int) -> None:
        at = self._now()
        record = Record(
            delivery.topic,
            delivery.partition,
            delivery.offset,
            delivery.headers,
            delivery.value,
        )
        due = self._due(failure, attempts, at)
        try:
            self._parked.park(about, record, error=failure.error, attempts=attempts, at=at, due=due)
        except ParkingFull as full:
            self._dead_letters.give_up(delivery, type(full).__name__)
            return
        log.error("report parked", about=str(about), offset=delivery.offset, error=failure.error)

    def _retry(self, taken: ParkedMessage) -> bool:
        record = taken.record
        message = decode(_TOPICS[record.topic], record.headers, record.value)
        if not is_in_its_place(record.topic, message):
            self._turn_away(record.topic, message)
            self._parked.done(taken.id)
            return True
        failure = self._record(message)
        if failure is None:
            self._parked.done(taken.id)
            log.info("parked report recorded", about=str(taken.about), tries=taken.attempts)
            return True
        at = self._now()
        due = self._due(failure, taken.attempts, at)
        self._parked.failed(taken.id, error=failure.error, at=at, due=due)
        log.error("report still parked", about=str(taken.about), error=failure.error)
        return False


def _about(delivery: Delivery) -> UUID | None:
    """What a record has to keep its turn for; None where it has no turn.

    The screener's records wait behind its own only: whoever may write as a worker holds back none.
    """
    found = _job_of(delivery)
    return uuid5(found, VERDICTS.name) if found and delivery.topic == VERDICTS.name else found


def _job_of(delivery: Delivery) -> UUID | None:
    """The job or submission of a record."""
    match delivery.message:
        case (
            JobRendered()
            | JobFailed()
            | OutputsScreened()
            | SourcePhotoJudged()
            | PackMade() as report
        ):
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
