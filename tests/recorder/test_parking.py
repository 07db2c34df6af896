"""A report that cannot be recorded is parked, and everybody else goes on."""

from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from processes.recorder import parking
from processes.recorder.parking import BEHIND, Retried
from tests.recorder.results_desk import PACE, Attempt, ResultsDesk, renamed, types_of
from tests.topics.sample_messages import encoded
from topics.codec import Encoded, Headers, decode
from topics.consume import DEAD_LETTERS_IN_A_ROW_MAX
from topics.messages.grants import ClaimRefusal, ClaimRefused, JobGranted
from topics.messages.results import FailureReason
from topics.registry import Message, Topic


@pytest.fixture
def desk() -> ResultsDesk:
    return ResultsDesk()


def spoiled(message: Message, **fields: object) -> Encoded:
    """The record of a report whose first output says something else."""
    record = encoded(message)
    content = msgspec.json.decode(record.value)
    content["outputs"][0] |= fields
    return Encoded(record.headers, msgspec.json.encode(content))


@pytest.mark.parametrize(
    "nonsense", [{"sha256": "5e" * 40_000}, {"media_type": "image/png\x00"}, {"seed": 2**70}]
)
def test_a_report_of_nonsense_is_a_dead_letter_and_the_next_one_counts(
    desk: ResultsDesk, nonsense: dict[str, object]
) -> None:
    attempt = desk.started(desk.creator())
    desk.published_raw(attempt.job, spoiled(attempt.rendered(), **nonsense))
    desk.records(attempt.rendered())
    assert [letter.reason for letter in desk.letters()] == ["value"]
    assert attempt.state == "rendered"
    assert desk.parked_reports() == []


def test_however_much_nonsense_a_worker_sends_it_stops_nobody(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())
    nonsense = spoiled(attempt.rendered(), media_type="\x00")
    for _ in range(3 * DEAD_LETTERS_IN_A_ROW_MAX):
        desk.published_raw(attempt.job, nonsense)
    desk.records(attempt.rendered())
    assert len(desk.letters()) == 3 * DEAD_LETTERS_IN_A_ROW_MAX
    assert attempt.state == "rendered"


def test_a_report_that_cannot_be_recorded_is_parked_and_others_are_recorded(
    desk: ResultsDesk,
) -> None:
    twin = desk.creator()
    poisoned, fine = desk.started(twin), desk.started(twin)
    desk.store.unreadable.add(poisoned.job)
    desk.records(poisoned.rendered(), fine.rendered())
    assert desk.parked_reports() == [(poisoned.job, "job.rendered", "StoredEventUnreadable")]
    assert fine.state == "rendered"
    # Its offset is committed: another recorder is not given it again.
    desk.restart()
    desk.records()
    assert len(desk.parked_reports()) == 1


def test_what_comes_behind_a_parked_report_waits_and_follows_in_order(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())
    desk.store.unreadable.add(attempt.job)
    desk.records(attempt.rendered())
    # From here on the job could be loaded, and the attempt would have failed before its outputs.
    desk.mended(attempt.job)
    desk.records(attempt.failed(FailureReason.WORKER_LOST))
    assert [(what, why) for _, what, why in desk.parked_reports()] == [
        ("job.rendered", "StoredEventUnreadable"),
        ("job.failed", BEHIND),
    ]
    desk.pass_by(seconds=2)
    assert desk.parked_reports() == []
    assert attempt.state == "rendered"


def test_it_is_tried_again_ever_less_often_until_its_cause_is_mended(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())
    desk.store.unreadable.add(attempt.job)
    desk.records(attempt.rendered())
    waits = []
    for _ in range(12):
        (parked,) = desk.parked.listed(10)
        waits.append((parked.due_at - desk.clock()).total_seconds())
        desk.pass_by(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    assert desk.parked.listed(1)[0].attempts == 13
    desk.mended(attempt.job)
    desk.pass_by(seconds=PACE.retry_max_s)
    assert attempt.state == "rendered"
    assert types_of(desk.store.rows(), attempt.job).count("job.rendered") == 1


def test_a_hiccup_is_over_before_anything_is_parked(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())
    desk.store.unreadable.add(attempt.job)
    desk.recorder._pause = lambda _: desk.mended(attempt.job)
    desk.records(attempt.rendered())
    assert desk.parked_reports() == []
    assert attempt.state == "rendered"


def test_many_that_cannot_be_recorded_do_not_pause_each_for_itself(desk: ResultsDesk) -> None:
    twin = desk.creator()
    attempts = [desk.started(twin) for _ in range(20)]
    desk.store.unreadable |= {one.job for one in attempts}
    pauses: list[float] = []
    desk.recorder._pause = pauses.append
    desk.records(*(one.rendered() for one in attempts))
    assert len(desk.parked_reports()) == 20
    assert sum(pauses) <= PACE.in_place_max_s


def test_a_restart_forgets_nothing_that_is_parked(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())
    desk.store.unreadable.add(attempt.job)
    desk.records(attempt.rendered())
    desk.restart()
    desk.records(attempt.screened())
    desk.mended(attempt.job)
    desk.restart()
    desk.pass_by(seconds=2)
    assert attempt.state == "completed"


def test_what_is_parked_can_be_tried_by_hand(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())
    desk.store.unreadable.add(attempt.job)
    desk.records(attempt.rendered())
    desk.records(attempt.failed(FailureReason.WORKER_LOST))
    first, second = (one.id for one in desk.parked.listed(10))
    assert desk.recorder.retry(second) is Retried.STILL_PARKED
    desk.mended(attempt.job)
    # Whichever of a job's is asked for, they are recorded in their order.
    assert desk.recorder.retry(second) is Retried.RECORDED
    assert attempt.state == "rendered"
    assert desk.recorder.retry(first) is Retried.GONE


def test_a_store_that_is_away_parks_nothing_and_everything_comes_again(
    desk: ResultsDesk,
) -> None:
    attempt = desk.started(desk.creator())
    desk.store.is_away = True
    with pytest.raises(psycopg.OperationalError):
        desk.records(attempt.rendered())
    assert desk.parked_reports() == []
    desk.store.is_away = False
    desk.restart()
    desk.records()
    assert attempt.state == "rendered"
    assert desk.letters() == []


def test_a_store_that_is_away_while_a_parked_report_is_tried_keeps_it(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())
    desk.store.unreadable.add(attempt.job)
    desk.records(attempt.rendered())
    desk.mended(attempt.job)
    desk.store.is_away = True
    with pytest.raises(psycopg.OperationalError):
        desk.pass_by(seconds=2)
    desk.store.is_away = False
    desk.pass_by(seconds=PACE.lease_s)
    assert attempt.state == "rendered"


def test_a_limit_that_a_value_broke_is_no_outage(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())

    def beyond(originator_id: UUID) -> UUID | None:
        raise psycopg.errors.ProgramLimitExceeded("index row size exceeds maximum")

    desk.store.owner_of = beyond  # type: ignore[method-assign]
    desk.records(attempt.rendered())
    assert desk.parked_reports() == [(attempt.job, "job.rendered", "ProgramLimitExceeded")]


def test_what_a_newer_release_reports_waits_for_a_release_that_knows_it(
    desk: ResultsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = desk.started(desk.creator())
    newer = renamed(encoded(attempt.rendered()), b"job.rendered-in-parts")
    desk.published_raw(attempt.job, newer)
    desk.records(attempt.failed(FailureReason.WORKER_LOST))
    assert [(what, why) for _, what, why in desk.parked_reports()] == [
        ("job.rendered-in-parts", "unknown-type"),
        ("job.failed", BEHIND),
    ]
    desk.pass_by(seconds=2)
    assert len(desk.parked_reports()) == 2

    def decode_newer(topic: Topic, headers: Headers, value: bytes) -> object:
        return attempt.rendered() if newer.value == value else decode(topic, headers, value)

    monkeypatch.setattr(parking, "decode", decode_newer)
    desk.pass_by(seconds=4)
    assert attempt.state == "rendered"
    assert desk.letters() == []


def test_a_job_that_reports_without_end_fills_its_room_and_no_more(desk: ResultsDesk) -> None:
    twin = desk.creator()
    attempt, other = desk.started(twin), desk.started(twin)
    desk.store.unreadable.add(attempt.job)
    for _ in range(70):
        desk.records(attempt.rendered())
    desk.records(other.rendered())
    assert len(desk.parked_reports()) == 64
    assert {letter.reason for letter in desk.letters()} == {"raised: ParkingFull"}
    assert other.state == "rendered"


def test_a_claim_that_cannot_be_answered_is_refused_in_the_end(desk: ResultsDesk) -> None:
    twin = desk.creator()
    claim = desk.requested(twin).claimed()
    desk.store.unreadable.add(claim.job)
    desk.records(claim)
    desk.records(claim)
    assert desk.answers() == []
    desk.records(claim)
    refused = ClaimRefused("gpu-1", claim.job, 1, claim.claim_id, ClaimRefusal.UNKNOWN_JOB)
    assert desk.answers() == [refused]
    assert desk.parked_reports() == []


def test_a_claim_that_can_be_answered_again_is_granted(desk: ResultsDesk) -> None:
    twin = desk.creator()
    claim = desk.requested(twin).claimed()
    desk.store.unreadable.add(claim.job)
    desk.records(claim)
    desk.mended(claim.job)
    desk.records(claim)
    (granted,) = desk.answers()
    assert isinstance(granted, JobGranted)


def test_a_report_about_nothing_of_ours_is_done_with(desk: ResultsDesk) -> None:
    attempt = Attempt(desk, uuid4(), uuid4(), uuid4())
    desk.records(attempt.rendered(), attempt.failed(FailureReason.ENGINE_ERROR))
    assert desk.parked_reports() == []
    assert desk.letters() == []
