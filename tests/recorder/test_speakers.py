"""Workers report work, the screener reports verdicts, and neither speaks for the other."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.recorder.results_desk import Attempt, ResultsDesk, renamed
from tests.topics.sample_messages import encoded
from topics.messages.grants import ClaimRefusal, ClaimRefused
from topics.messages.results import FailureReason, JobClaimed
from topics.messages.work import WorkKind
from topics.registry import RESULTS, VERDICTS


@pytest.fixture
def desk() -> ResultsDesk:
    return ResultsDesk()


@pytest.fixture
def rendered(desk: ResultsDesk) -> Attempt:
    """A picture that waits for the screener."""
    attempt = desk.started(desk.creator())
    desk.records(attempt.rendered())
    assert attempt.state == "rendered"
    return attempt


def test_a_verdict_on_the_workers_topic_releases_nothing(
    desk: ResultsDesk, rendered: Attempt
) -> None:
    desk.records(rendered.screened(), topic=RESULTS)
    assert rendered.state == "rendered"
    assert (desk.parked_reports(), desk.letters()) == ([], [])
    desk.records(rendered.screened())
    assert rendered.state == "completed"


def test_a_worker_cannot_use_up_the_screenings_of_a_job(
    desk: ResultsDesk, rendered: Attempt
) -> None:
    for _ in range(10):
        desk.records(rendered.failed(FailureReason.SCREENING_UNAVAILABLE), topic=RESULTS)
    desk.records(rendered.screened())
    assert rendered.state == "completed"


def test_a_worker_that_claims_a_screening_is_told_nothing_of_it(
    desk: ResultsDesk, rendered: Attempt
) -> None:
    claim = JobClaimed(rendered.job, 1, uuid4(), "gpu-1", WorkKind.SCREENING)
    desk.answers()
    desk.records(claim, topic=RESULTS)
    [answer] = desk.answers()
    assert isinstance(answer, ClaimRefused)
    assert answer.reason is ClaimRefusal.STALE_ATTEMPT


def test_the_screener_claims_no_drawing_and_renders_nothing(desk: ResultsDesk) -> None:
    attempt = desk.requested(desk.creator())
    desk.answers()
    desk.records(attempt.claimed(), topic=VERDICTS)
    [answer] = desk.answers()
    assert isinstance(answer, ClaimRefused)
    desk.records(attempt.claimed(), attempt.rendered(), topic=RESULTS)
    assert attempt.state == "rendered"


def test_a_verdict_that_was_parked_on_the_workers_topic_is_not_recorded_later(
    desk: ResultsDesk, rendered: Attempt
) -> None:
    """An earlier release parked it, or a newer release can read it now."""
    desk.store.unreadable.add(rendered.job)
    desk.records(rendered.screened())
    [parked] = desk.parked.listed(1)
    elsewhere = replace(parked.record, topic=RESULTS.name)
    desk.parked.done(parked.id)
    at = desk.clock()
    desk.parked.park(
        rendered.job, elsewhere, error="StoredEventUnreadable", attempts=1, at=at, due=at
    )
    desk.mended(rendered.job)
    desk.pass_by(minutes=1)
    assert desk.parked_reports() == []
    assert rendered.state == "rendered"


def test_what_a_worker_sends_that_nobody_can_read_holds_back_no_verdict(
    desk: ResultsDesk, rendered: Attempt
) -> None:
    unknown = renamed(encoded(rendered.rendered()), b"job.dreamed")
    for _ in range(100):
        desk.published_raw(rendered.job, unknown)
    desk.records(rendered.screened())
    assert rendered.state == "completed"


def test_what_nobody_can_read_about_nothing_of_ours_is_parked_by_nobody(desk: ResultsDesk) -> None:
    attempt = desk.started(desk.creator())
    unknown = renamed(encoded(attempt.rendered()), b"job.dreamed")
    for _ in range(50):
        desk.published_raw(uuid4(), unknown)
    desk.records(attempt.rendered())
    assert (len(desk.letters()), desk.parked_reports()) == (50, [])
    assert attempt.state == "rendered"
