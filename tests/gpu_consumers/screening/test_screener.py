"""The screener's loop over a real transport: claimed, granted, screened, reported, committed."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from msgspec import UNSET, UnsetType

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.provenance.file_signer import FileSigner
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.output_checks import Lists, OutputChecks
from gpu_consumers.screening.output_gate import OutputGate
from gpu_consumers.screening.photo_gate import PhotoGate
from gpu_consumers.screening.publish_gate import PublishGate
from gpu_consumers.screening.screener import GROUP, Screener, ScreenerPace
from gpu_consumers.screening.source_photo_gate import SourcePhotoGate
from tests.gpu_consumers.screening.ada import (
    SUBMISSION,
    TWIN,
    StubAnalyser,
    StubReport,
    photos_of_ada,
    store,
    uploaded,
)
from topics.codec import Encoded, Undecodable
from topics.in_memory import InMemoryTransport
from topics.messages.dead_letter import DeadLetter
from topics.messages.grants import ClaimRefusal, ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.results import (
    FailureReason,
    JobAlive,
    JobClaimed,
    JobFailed,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    SourcePhotoJudged,
)
from topics.messages.work import (
    ImageWork,
    OutputsWork,
    OutputToScreen,
    PackItemWork,
    PhotoToJudge,
    PublishWork,
    SourcePhotoWork,
    Work,
    WorkKind,
)
from topics.registry import DEAD_LETTERS, GRANTS, JOBS, VERDICTS, Message
from topics.transport import BroadcastReader, From, Publisher, TopicPartition

ADA = UUID("ada00000-0000-4000-8000-000000000001")
JOB = UUID("d0000000-0000-4000-8000-000000000001")
PACE = ScreenerPace(poll_s=0.05, claim_again_s=0.1, alive_s=0.05, retry_delays_s=(0.01, 0.01))
PATIENCE_S = 20.0
SCREENING = JOBS[WorkKind.SCREENING]
M = TypeVar("M", bound=Message)


class Unreachable(InMemoryObjectStore):
    """A store that does not answer so many times."""

    silent_times = 0

    def get(self, key: str) -> bytes:
        if self.silent_times:
            self.silent_times -= 1
            raise ConnectionError
        return super().get(key)


class Studio:
    """The recorder's end: queues jobs, answers claims, reads results."""

    def __init__(self, transport: InMemoryTransport, folder: Path) -> None:
        self.transport = transport
        self.objects = Unreachable(store().presigner)
        self.analyser = StubAnalyser()
        self.folder = folder
        self.chokes_on: UUID | None = None
        self._publisher: Publisher = transport.publisher("/suite/recorder")
        self._results: BroadcastReader = transport.broadcast([VERDICTS], From.START)
        self._seen: list[Message] = []

    def queue(self, job: UUID = SUBMISSION, *, packs: UUID | UnsetType = UNSET) -> None:
        queued = JobQueued(job, 1, WorkKind.SCREENING, "pocket", "", ADA, TWIN, packs)
        self._publisher.publish(SCREENING, str(job), queued)

    def grant(self, claim: JobClaimed, work: Work) -> None:
        granted = JobGranted(claim.worker, claim.job, claim.attempt, claim.claim_id, ADA, 2e9, work)
        self._publisher.publish(GRANTS, claim.worker, granted)

    def refuse(self, claim: JobClaimed) -> None:
        refused = ClaimRefused(
            claim.worker, claim.job, claim.attempt, claim.claim_id, ClaimRefusal.JOB_ENDED
        )
        self._publisher.publish(GRANTS, claim.worker, refused)

    def result(self, kind: type[M]) -> M:
        """The next result of a kind; what comes before it is passed over."""
        ends_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends_s:
            while self._seen:
                message = self._seen.pop(0)
                if isinstance(message, kind):
                    return message
            for delivery in self._results.poll(0.2):
                assert not isinstance(delivery.message, Undecodable)
                self._seen.append(delivery.message)
        pytest.fail(f"no {kind.__name__} within {PATIENCE_S} s")

    def uncommitted(self) -> list[JobQueued]:
        """What another member of the group would be given. Asked when no screener runs."""
        with self.transport.consumer(GROUP, [SCREENING], "somebody-else") as consumer:
            found = [delivery.message for _ in range(3) for delivery in consumer.poll(0.05)]
            return [message for message in found if isinstance(message, JobQueued)]

    @contextmanager
    def screener(self, name: str = "screener-1") -> Iterator[threading.Event]:
        stop = threading.Event()
        analyser = TimedAnalyser(self.analyser)
        checks = OutputChecks(analyser, Lists(None, None))
        credentials = Credentials(FileSigner(self.folder / "keys"))
        screener = _Choosy(
            self,
            name,
            self.transport,
            PhotoGate(self.objects, analyser),
            OutputGate(self.objects, analyser, checks, credentials),
            SourcePhotoGate(self.objects, analyser, checks),
            PublishGate(self.objects, credentials),
            pace=PACE,
        )
        thread = threading.Thread(target=screener.run, args=(stop,))
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


class _Choosy(Screener):
    """A screener that cannot claim one job."""

    def __init__(self, studio: Studio, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        self._studio = studio

    def claim(self, queued: JobQueued) -> JobClaimed:
        if queued.job == self._studio.chokes_on:
            raise ZeroDivisionError
        return super().claim(queued)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with InMemoryTransport() as transport:
        transport.create_topics()
        yield Studio(transport, tmp_path)


def test_a_photo_set_is_claimed_judged_reported_and_committed(studio: Studio) -> None:
    studio.queue()
    with studio.screener():
        claim = studio.result(JobClaimed)
        assert (claim.job, claim.twin, claim.kind) == (SUBMISSION, TWIN, WorkKind.SCREENING)
        studio.grant(claim, uploaded(studio.objects, photos_of_ada()))
        judged = studio.result(PhotosJudged)
    assert judged.claim_id == claim.claim_id
    assert judged.submission == SUBMISSION
    assert all(not photo.flaws for photo in judged.photos)
    assert studio.uncommitted() == []


def test_outputs_are_screened_for_the_attempt_that_was_granted(studio: Studio) -> None:
    studio.queue(JOB)
    output = OutputToScreen(0, ADA, "quarantine/none", "gallery/none", "0" * 64, "image/png")
    with studio.screener():
        claim = studio.result(JobClaimed)
        work = OutputsWork("pocket", "GENERAL", (output,), ("known_hash",), screening=3)
        studio.grant(claim, work)
        screened = studio.result(OutputsScreened)
    assert (screened.job, screened.attempt, screened.claim_id) == (JOB, 1, claim.claim_id)
    assert screened.screening == 3
    assert [check.passed for check in screened.outputs[0].checks] == [None]


def test_nothing_is_read_before_the_grant(studio: Studio) -> None:
    uploaded(studio.objects, photos_of_ada())
    studio.objects.silent_times = 1
    studio.queue()
    with studio.screener():
        studio.result(JobClaimed)
    assert studio.objects.silent_times == 1
    assert len(studio.uncommitted()) == 1


def test_a_claim_without_an_answer_is_made_again_and_is_the_same_claim(studio: Studio) -> None:
    studio.queue()
    with studio.screener():
        first, second = studio.result(JobClaimed), studio.result(JobClaimed)
        assert first == second
        studio.refuse(second)


def test_a_refused_claim_is_done_with(studio: Studio) -> None:
    studio.queue()
    with studio.screener():
        refused = studio.result(JobClaimed)
        studio.refuse(refused)
        studio.queue(JOB)
        claim = studio.result(JobClaimed)
        while claim.job == refused.job:
            claim = studio.result(JobClaimed)
        # The next claim follows the commit of the one before.
    assert [queued.job for queued in studio.uncommitted()] == [JOB]


def test_an_answer_to_somebody_elses_claim_is_not_taken(studio: Studio) -> None:
    studio.queue()
    with studio.screener():
        claim = studio.result(JobClaimed)
        others = (
            JobClaimed(claim.job, 1, claim.claim_id, "screener-2", claim.kind),
            JobClaimed(claim.job, 1, ADA, claim.worker, claim.kind),
        )
        for other in others:
            studio.refuse(other)
        studio.grant(claim, uploaded(studio.objects, photos_of_ada()[:2]))
        assert studio.result(PhotosJudged).claim_id == claim.claim_id


def test_while_it_screens_it_says_that_it_is_alive(studio: Studio) -> None:
    let_go = threading.Event()

    def wait(report: StubReport) -> StubReport:
        let_go.wait(PATIENCE_S)
        return report

    studio.analyser.answers = wait
    studio.queue()
    with studio.screener():
        claim = studio.result(JobClaimed)
        studio.grant(claim, uploaded(studio.objects, photos_of_ada()[:2]))
        for _ in range(3):
            assert studio.result(JobAlive).claim_id == claim.claim_id
        let_go.set()
        studio.result(PhotosJudged)


def test_a_store_that_answers_the_second_time_is_asked_again(studio: Studio) -> None:
    studio.queue()
    with studio.screener():
        claim = studio.result(JobClaimed)
        work = uploaded(studio.objects, photos_of_ada())
        studio.objects.silent_times = 2
        studio.grant(claim, work)
        assert studio.result(PhotosJudged).same_person.passed is True


def test_without_a_store_photos_are_not_judged(studio: Studio) -> None:
    studio.queue()
    with studio.screener():
        claim = studio.result(JobClaimed)
        work = uploaded(studio.objects, photos_of_ada())
        studio.objects.silent_times = 1_000
        studio.grant(claim, work)
        judged = studio.result(PhotosJudged)
    assert {photo.flaws for photo in judged.photos} == {("not-judged",)}
    assert judged.same_person.passed is None


def test_without_a_store_outputs_fail_for_want_of_screening(studio: Studio) -> None:
    studio.queue(JOB)
    studio.objects.put("quarantine/0", b"picture", media_type="image/png")
    output = OutputToScreen(0, ADA, "quarantine/0", "gallery/none", "0" * 64, "image/png")
    with studio.screener():
        claim = studio.result(JobClaimed)
        studio.objects.silent_times = 1_000
        work = OutputsWork("pocket", "GENERAL", (output,), ("known_hash",), screening=3)
        studio.grant(claim, work)
        failed = studio.result(JobFailed)
    assert (failed.reason, failed.screening) == (FailureReason.SCREENING_UNAVAILABLE, 3)


def test_without_a_store_a_photo_to_begin_with_is_not_judged(studio: Studio) -> None:
    studio.queue(JOB)
    photo = PhotoToJudge(JOB, "uploads/0", "photos/0")
    studio.objects.put("uploads/0", photos_of_ada()[0], media_type="image/png")
    with studio.screener():
        claim = studio.result(JobClaimed)
        studio.objects.silent_times = 1_000
        studio.grant(claim, SourcePhotoWork(TWIN, "pocket", photo, "templates/0", (), ()))
        judged = studio.result(SourcePhotoJudged)
    assert (judged.job, judged.flaw, judged.copy) == (JOB, "not-judged", None)


def test_without_a_store_a_pack_holds_nothing(studio: Studio) -> None:
    packs = UUID(int=5)
    studio.queue(JOB, packs=packs)
    item = PackItemWork(ADA, "gallery/0", "0" * 64, is_clip=False, files=())
    with studio.screener():
        claim = studio.result(JobClaimed)
        assert claim.packs == packs
        studio.objects.silent_times = 1_000
        studio.grant(claim, PublishWork(JOB, packs, (item,)))
        made = studio.result(PackMade)
    assert (made.job, made.packs, made.files) == (JOB, packs, ())


def test_work_that_is_no_screening_is_not_done(studio: Studio) -> None:
    studio.queue(JOB)
    image = ImageWork("pocket", "a lighthouse in fog", "", "plain", 64, 64, 25, 4.0, 1.0, ())
    with studio.screener():
        studio.grant(studio.result(JobClaimed), image)
        assert studio.result(JobFailed).reason == FailureReason.SCREENING_UNAVAILABLE


def test_what_one_screener_left_unanswered_the_next_one_claims_anew(studio: Studio) -> None:
    studio.queue()
    with studio.screener():
        first = studio.result(JobClaimed)
    with studio.screener("screener-2"):
        claim = studio.result(JobClaimed)
        while claim.claim_id == first.claim_id:
            claim = studio.result(JobClaimed)
        assert (claim.job, claim.worker) == (first.job, "screener-2")
        studio.grant(claim, uploaded(studio.objects, photos_of_ada()))
        studio.result(PhotosJudged)
    assert studio.uncommitted() == []


def test_what_nobody_can_read_goes_to_the_dead_letters(studio: Studio) -> None:
    letters = studio.transport.broadcast([DEAD_LETTERS], From.START)
    studio.transport.log(TopicPartition(SCREENING.name, 0)).append("x", Encoded((), b"{"), 2e9)
    with studio.screener():
        (letter,) = letters.poll(PATIENCE_S)
        assert isinstance(letter.message, DeadLetter)
        assert letter.message.group == GROUP
        studio.queue()
        studio.refuse(studio.result(JobClaimed))


def test_what_cannot_be_handled_goes_to_the_dead_letters_and_the_next_job_is_screened(
    studio: Studio,
) -> None:
    letters = studio.transport.broadcast([DEAD_LETTERS], From.START)
    studio.chokes_on = JOB
    studio.queue(JOB)
    with studio.screener():
        (letter,) = letters.poll(PATIENCE_S)
        assert isinstance(letter.message, DeadLetter)
        assert letter.message.reason == "raised: ZeroDivisionError"
        studio.queue()
        claim = studio.result(JobClaimed)
        assert claim.job == SUBMISSION
        studio.grant(claim, uploaded(studio.objects, photos_of_ada()))
        studio.result(PhotosJudged)
    assert studio.uncommitted() == []


def test_a_verdict_that_nobody_could_read_says_that_nothing_was_judged(studio: Studio) -> None:
    studio.analyser.MODEL_ID = "a" * 500
    studio.queue()
    with studio.screener():
        claim = studio.result(JobClaimed)
        studio.grant(claim, uploaded(studio.objects, photos_of_ada()))
        judged = studio.result(PhotosJudged)
    assert {photo.flaws for photo in judged.photos} == {("not-judged",)}
    assert judged.analyser == "absent"
