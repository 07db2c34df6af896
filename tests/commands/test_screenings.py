"""Screening has tries and a time of its own, and what could not be screened costs nothing."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from commands.jobs.cancel_job import CancelJob
from commands.jobs.claim_screening import ClaimScreening, ScreeningGranted
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.expire_screening import ExpireScreening
from commands.jobs.late import ReportLate, ReportTaken
from commands.jobs.record_attempt_failed import RecordAttemptFailed
from commands.jobs.start_screening import StartScreening
from domain.job import Job
from domain.job_state import AttemptFailure, JobFailure, JobState
from domain.kernel.identity import wallet_id
from domain.screening import SCREENING_LIMIT, SCREENINGS_MAX, ScreeningFailure
from domain.time_limits import JOB_OPEN_MAX
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, StudioSpec

A_MOMENT_S = 60.0


@pytest.fixture
def job(spec: StudioSpec) -> UUID:
    """Two pictures of Ada's twin wait for the screener."""
    twin = journey.trained_twin(spec)
    opened: UUID = spec.does(journey.pictures_of(twin)).job_id
    journey.rendered(spec, opened)
    react(spec)
    return opened


def _unavailable(job: UUID, screening: int = 1) -> RecordAttemptFailed:
    """A screener whose object store did not answer."""
    return RecordAttemptFailed(
        job,
        attempt=1,
        claim_id=uuid5(job, f"screener {screening}"),
        reason=AttemptFailure.SCREENING_UNAVAILABLE,
        screening=screening,
    )


def _held(spec: StudioSpec) -> int:
    reserved: int = spec.load(Wallet, wallet_id(ADA)).reserved
    return reserved


def _pass(spec: StudioSpec, seconds: float) -> None:
    spec.clock.pass_by(seconds=seconds)
    react(spec)


def test_three_hiccups_of_the_store_cost_no_rendering(spec: StudioSpec, job: UUID) -> None:
    starts = len(spec.events(Job.Started))
    for screening in (1, 2, 3):
        spec.when(_unavailable(job, screening)).then("job.screening-failed")
        assert isinstance(spec.result, ReportTaken)
        _pass(spec, SCREENING_LIMIT.total_seconds() / 3)
    granted = spec.asks(ClaimScreening(job, 1, UUID(int=1)))
    assert isinstance(granted, ScreeningGranted)
    assert granted.screening == 4
    spec.does(replace(journey.screening_of(spec, job), screening=4))
    done = spec.load(Job, job)
    assert (done.state, done.attempt, len(done.released)) == (JobState.COMPLETED, 1, 2)
    assert len(spec.events(Job.Started)) == starts


def test_a_screening_that_failed_is_granted_to_nobody_until_the_next_is_open(
    spec: StudioSpec, job: UUID
) -> None:
    spec.given(_unavailable(job))
    denied = spec.asks(ClaimScreening(job, 1, UUID(int=1)))
    assert denied == ClaimDenied(ClaimDenial.STALE_ATTEMPT)


def test_what_nobody_can_screen_fails_and_everything_comes_back(
    spec: StudioSpec, job: UUID
) -> None:
    before = spec.load(Wallet, wallet_id(ADA)).available + _held(spec)
    for screening in range(1, SCREENINGS_MAX + 1):
        spec.given(_unavailable(job, screening))
        _pass(spec, SCREENING_LIMIT.total_seconds())
    [failed] = spec.events(Job.Failed)
    assert failed.reason is JobFailure.SCREENING_UNAVAILABLE
    assert (_held(spec), spec.load(Wallet, wallet_id(ADA)).available) == (0, before)


def test_a_screener_that_stands_still_is_given_up_when_its_time_is_over(
    spec: StudioSpec, job: UUID
) -> None:
    spec.given(StartScreening(job, 1, 1))
    # A second screener of the same outputs prolongs nothing.
    _pass(spec, SCREENING_LIMIT.total_seconds() / 2)
    spec.given(StartScreening(job, 1, 1))
    _pass(spec, SCREENING_LIMIT.total_seconds() / 2 - 1)
    assert spec.events(Job.ScreeningFailed) == []
    _pass(spec, 1)
    [failed] = spec.events(Job.ScreeningFailed)
    assert (failed.screening, failed.reason) == (1, ScreeningFailure.STALLED)
    assert spec.asks(ClaimScreening(job, 1, UUID(int=1))).screening == 2


def test_no_screener_ever_frees_the_credits_in_time(spec: StudioSpec, job: UUID) -> None:
    assert _held(spec) > 0
    _pass(spec, JOB_OPEN_MAX.total_seconds())
    assert spec.load(Job, job).state is JobState.FAILED
    assert _held(spec) == 0


def test_screeners_that_all_stand_still_free_the_credits_after_the_last(
    spec: StudioSpec, job: UUID
) -> None:
    for screening in range(1, SCREENINGS_MAX + 1):
        spec.given(StartScreening(job, 1, screening))
        _pass(spec, SCREENING_LIMIT.total_seconds())
    assert spec.load(Job, job).state is JobState.FAILED
    assert _held(spec) == 0


def test_whoever_waits_behind_others_loses_no_screening(spec: StudioSpec, job: UUID) -> None:
    """Twenty jobs of four minutes each stand in front of it."""
    for _ in range(20):
        _pass(spec, timedelta(minutes=4).total_seconds())
    assert spec.events(Job.ScreeningFailed) == []
    spec.does(journey.screening_of(spec, job))
    assert spec.load(Job, job).state is JobState.COMPLETED


def test_a_screening_that_ended_is_not_given_up_afterwards(spec: StudioSpec, job: UUID) -> None:
    spec.given(_unavailable(job))
    react(spec)
    spec.when(ExpireScreening(job, attempt=1, screening=1)).then()
    spec.does(replace(journey.screening_of(spec, job), screening=2))
    spec.when(ExpireScreening(job, attempt=1, screening=2)).then()


@pytest.mark.parametrize("late", ["verdicts", "failure"])
def test_what_is_said_of_a_screening_that_was_given_up_is_late_and_deleted(
    spec: StudioSpec, job: UUID, late: str
) -> None:
    verdicts = journey.screening_of(spec, job)
    spec.given(StartScreening(job, 1, 1))
    _pass(spec, SCREENING_LIMIT.total_seconds())
    report = verdicts if late == "verdicts" else _unavailable(job)
    # Who could not screen has signed nothing.
    spec.when(report).then(*["job.result-discarded"] if late == "verdicts" else [])
    assert isinstance(spec.result, ReportLate)
    discarded = [event.claim_id for event in spec.events(Job.ResultDiscarded)]
    assert discarded == ([report.claim_id] if late == "verdicts" else [])
    found = spec.load(Job, job)
    assert (found.state, found.screening, found.awaits_screening) == (JobState.RENDERED, 2, True)


def test_a_claim_whose_result_was_discarded_releases_nothing(spec: StudioSpec, job: UUID) -> None:
    verdicts = journey.screening_of(spec, job)
    spec.given(replace(verdicts, attempt=2))
    spec.when(verdicts).then()
    assert isinstance(spec.result, ReportLate)
    assert spec.load(Job, job).awaits_screening
    spec.does(journey.screening_of(spec, job, name="second"))
    assert spec.load(Job, job).state is JobState.COMPLETED


def test_whoever_cancels_what_waits_to_be_screened_pays_nothing(
    spec: StudioSpec, job: UUID
) -> None:
    held = _held(spec)
    available = spec.load(Wallet, wallet_id(ADA)).available
    spec.when(CancelJob(job)).then("twin.job-ended", "wallet.released", "job.cancelled")
    assert spec.result.charged_millicredits == 0
    assert spec.load(Wallet, wallet_id(ADA)).available == available + held


def test_a_worker_cannot_end_a_screening_that_has_not_begun(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    running = spec.does(journey.pictures_of(twin)).job_id
    claim = journey.claimed(spec, running)
    report = replace(_unavailable(running), claim_id=claim.claim_id)
    spec.when(report).then("job.attempt-failed")
