"""The screener's loop: claim, wait for the grant, screen, report, and only then commit.

It decides nothing. What it is asked to screen and under which keys comes with the grant; what it
found goes to the verdicts. The work runs on a thread of its own, so that the group's lease is
renewed while a photo set takes its time.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from msgspec import UNSET

from gpu_consumers.screening.engine_gates import (
    JudgesPhotos,
    JudgesSourcePhotos,
    ScreensOutputs,
)
from gpu_consumers.screening.photo_gate import NOT_JUDGED, SAME_PERSON
from gpu_consumers.screening.publish_gate import PublishGate
from topics.codec import MessageOutOfBounds, require_bounds
from topics.consume import NOT_THE_MESSAGE, DeadLetterBox, next_offsets
from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.results import (
    CheckResult,
    FailureReason,
    JobAlive,
    JobClaimed,
    JobFailed,
    JudgedPhoto,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    SourcePhotoJudged,
)
from topics.messages.work import (
    OutputsWork,
    PhotoSetWork,
    PublishWork,
    SourcePhotoWork,
    WorkKind,
)
from topics.registry import GRANTS, JOBS, SCREENER, VERDICTS, Message, key_of
from topics.transport import (
    AssignmentLost,
    BroadcastReader,
    Consumer,
    Delivery,
    From,
    Publisher,
    PublishFailed,
    Transport,
)

GROUP: Final = SCREENER
_log = logging.getLogger(__name__)

Report = PhotosJudged | SourcePhotoJudged | PackMade | OutputsScreened | JobFailed


@dataclass(frozen=True)
class ScreenerPace:
    """How long things may take, in seconds."""

    poll_s: float = 1.0
    claim_again_s: float = 5.0
    """A claim without an answer is published again: the same claim gets the same grant."""
    alive_s: float = 5.0
    retry_delays_s: tuple[float, ...] = (0.5, 2.0, 5.0)
    """Before each further try where the object store does not answer."""


class Screener:
    """One member of the screeners. `name` outlives the process: it is who grants are sent to."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        photo_gate: JudgesPhotos,
        output_gate: ScreensOutputs,
        source_photo_gate: JudgesSourcePhotos,
        publish_gate: PublishGate,
        *,
        pace: ScreenerPace | None = None,
        now_s: Callable[[], float] = time.monotonic,
        new_claim_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._name = name
        self._transport = transport
        self._photo_gate = photo_gate
        self._output_gate = output_gate
        self._source_photo_gate = source_photo_gate
        self._publish_gate = publish_gate
        self._pace = pace or ScreenerPace()
        self._now_s = now_s
        self._new_claim_id = new_claim_id

    def run(self, stop: threading.Event) -> None:
        """Screen until `stop` is set. Raises `MemberFenced` and `TooManyDeadLetters`.

        What was not finished by then is not committed: another screener claims it again.
        """
        topic = JOBS[WorkKind.SCREENING]
        with (
            self._transport.publisher(f"/suite/screener/{self._name}") as publisher,
            # Listening before anything is claimed, or the answer could come too early.
            self._transport.broadcast([GRANTS], From.END) as grants,
            self._transport.consumer(GROUP, [topic], self._name) as consumer,
            ThreadPoolExecutor(1, "screening") as executor,
        ):
            _Shift(self, consumer, grants, publisher, executor, stop).work()

    def do(self, grant: JobGranted, stop: threading.Event) -> Report | None:
        """The work of a grant, tried again where the object store does not answer.

        None where `stop` came between two tries: somebody else will screen it.
        """
        for delay_s in (*self._pace.retry_delays_s, None):
            try:
                return self._do_once(grant)
            except Exception as failed:
                _log.warning("screening broke: job %s, %s", grant.job, type(failed).__name__)
                if delay_s is not None and stop.wait(delay_s):
                    return None
        return _could_not(grant)

    def _do_once(self, grant: JobGranted) -> Report:
        match grant.work:
            case PhotoSetWork() as photos:
                return self._photo_gate.judge(photos, grant.claim_id)
            case OutputsWork() as outputs:
                return self._output_gate.screen(
                    outputs, job=grant.job, attempt=grant.attempt, claim_id=grant.claim_id
                )
            case SourcePhotoWork() as photo:
                return self._source_photo_gate.judge(photo, grant.claim_id)
            case PublishWork() as pack:
                return self._publish_gate.make(pack, grant.claim_id)
            case _:
                _log.warning("granted what no screener does: job %s", grant.job)
                return _could_not(grant)

    @property
    def name(self) -> str:
        """Who claims."""
        return self._name

    @property
    def pace(self) -> ScreenerPace:
        """How long things may take."""
        return self._pace

    def claim(self, queued: JobQueued) -> JobClaimed:
        """A new claim for a queued job."""
        return JobClaimed(
            job=queued.job,
            attempt=queued.attempt,
            claim_id=self._new_claim_id(),
            worker=self._name,
            kind=queued.kind,
            twin=queued.twin,
            packs=queued.packs,
        )

    def now_s(self) -> float:
        """Seconds on a clock that only goes forward."""
        return self._now_s()


class _Shift:
    """One run of a screener: its readers, and what was polled but not yet screened."""

    def __init__(
        self,
        screener: Screener,
        consumer: Consumer,
        grants: BroadcastReader,
        publisher: Publisher,
        executor: ThreadPoolExecutor,
        stop: threading.Event,
    ) -> None:
        self._screener = screener
        self._consumer = consumer
        self._grants = grants
        self._publisher = publisher
        self._executor = executor
        self._stop = stop
        self._dead_letters = DeadLetterBox(publisher, GROUP)
        self._waiting: deque[Delivery] = deque()
        self._polled_s = float("-inf")

    def work(self) -> None:
        while not self._stop.is_set():
            if not self._waiting:
                self._consumer.resume(self._consumer.assignment)
                self._waiting.extend(self._consumer.poll(self._screener.pace.poll_s, 1))
                continue
            delivery = self._waiting.popleft()
            if self._settle(delivery):
                self._commit(delivery)

    def _settle(self, delivery: Delivery) -> bool:
        """Handle one message, and give it up where that raises again and again.

        Its job then ends by its own bounds. False where the stop came first.
        """
        for delay_s in (*self._screener.pace.retry_delays_s, None):
            try:
                done = self._handle(delivery)
            except NOT_THE_MESSAGE:
                raise
            except Exception as error:
                name = type(error).__name__
                _log.error("not handled: %s@%d, %s", delivery.topic, delivery.offset, name)
                if delay_s is None:
                    self._dead_letters.give_up(delivery, name)
                elif self._stop.wait(delay_s):
                    return False
            else:
                self._dead_letters.handled()
                return done
        return True

    def _handle(self, delivery: Delivery) -> bool:
        """Screen one message. False where the stop came first, and nothing is to be committed."""
        for readable in self._dead_letters.sort([delivery]):
            if isinstance(readable.message, JobQueued):
                return self._screen(readable.message)
        return True

    def _screen(self, queued: JobQueued) -> bool:
        claim = self._screener.claim(queued)
        answer = self._answer_to(claim)
        if answer is None:
            return False
        if isinstance(answer, ClaimRefused):
            _log.info("claim refused: job %s, %s", answer.job, answer.reason)
            return True
        _log.info("screening: job %s, attempt %d", answer.job, answer.attempt)
        report = self._report_on(answer)
        return report is not None and self._publish_surely(_readable(report, answer))

    def _answer_to(self, claim: JobClaimed) -> JobGranted | ClaimRefused | None:
        """Claim until someone answers, or the stop comes."""
        asked_s = float("-inf")
        while not self._stop.is_set():
            if self._screener.now_s() - asked_s >= self._screener.pace.claim_again_s:
                asked_s = self._screener.now_s()
                self._publish(claim)
            for delivery in self._grants.poll(self._wait_s()):
                message = delivery.message
                if isinstance(message, JobGranted | ClaimRefused) and (
                    (message.worker, message.claim_id) == (claim.worker, claim.claim_id)
                ):
                    return message
            self._keep_membership()
        return None

    def _report_on(self, grant: JobGranted) -> Report | None:
        """Do the work beside the loop: say that it is alive, and stay a member."""
        doing: Future[Report | None] = self._executor.submit(self._screener.do, grant, self._stop)
        alive_s = float("-inf")
        while True:
            try:
                return doing.result(self._wait_s())
            except FutureTimeout:
                # Looked at and not obeyed: what was begun is finished, and the loop shows its life.
                self._stop.is_set()
                self._keep_membership()
            if self._screener.now_s() - alive_s >= self._screener.pace.alive_s:
                alive_s = self._screener.now_s()
                self._publish(JobAlive(grant.job, grant.attempt, grant.claim_id))

    def _publish_surely(self, report: Report) -> bool:
        """Publish until it is acknowledged. False where the stop came first."""
        while not self._publish(report):
            self._keep_membership()
            if self._stop.wait(self._screener.pace.poll_s):
                return False
        return True

    def _publish(self, message: Message) -> bool:
        try:
            self._publisher.publish(VERDICTS, key_of(message), message)
        except PublishFailed:
            _log.warning("not acknowledged: %s", type(message).__name__)
            return False
        return True

    def _keep_membership(self) -> None:
        """Poll with everything paused, once in a while: that is what keeps the partitions."""
        now_s = self._screener.now_s()
        if now_s - self._polled_s < self._screener.pace.poll_s:
            return
        self._polled_s = now_s
        self._consumer.pause(self._consumer.assignment)
        # What a rebalancing has just brought is not paused yet: it waits for its turn here.
        self._waiting.extend(self._consumer.poll(0.0, 1))

    def _commit(self, delivery: Delivery) -> None:
        # Committed last: a crash before this line repeats the message instead of losing it.
        try:
            self._consumer.commit(next_offsets([delivery]))
        except AssignmentLost as lost:
            # Whoever holds it now claims it again, and is refused or finds the same objects.
            _log.warning("screened, but no longer ours to commit: %s", lost)

    def _wait_s(self) -> float:
        return self._screener.pace.poll_s / 4


def _readable(report: Report, grant: JobGranted) -> Report:
    """The report, or that nothing could be screened where nobody could read it."""
    try:
        require_bounds(report)
    except MessageOutOfBounds as error:
        _log.error("report out of bounds: job %s, %s", grant.job, error)
        return _could_not(grant)
    return report


def _could_not(grant: JobGranted) -> Report:
    """What is said where nothing could be screened: nothing passed, and it may be tried again."""
    if isinstance(grant.work, SourcePhotoWork):
        return SourcePhotoJudged(
            job=grant.work.photo.photo_id,
            claim_id=grant.claim_id,
            twin=grant.work.twin,
            checks=(),
            flaw=NOT_JUDGED,
        )
    if isinstance(grant.work, PublishWork):
        # Nothing of it was made whole.
        return PackMade(grant.work.pack, grant.claim_id, grant.work.packs, ())
    if not isinstance(grant.work, PhotoSetWork):
        return JobFailed(
            grant.job,
            grant.attempt,
            grant.claim_id,
            FailureReason.SCREENING_UNAVAILABLE,
            screening=grant.work.screening if isinstance(grant.work, OutputsWork) else UNSET,
        )
    work = grant.work
    return PhotosJudged(
        submission=work.submission,
        claim_id=grant.claim_id,
        twin=work.twin,
        photos=tuple(JudgedPhoto(photo.photo_id, (NOT_JUDGED,)) for photo in work.photos),
        analyser="absent",
        same_person=CheckResult(SAME_PERSON, None, "absent"),
    )
