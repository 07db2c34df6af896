"""A job's way from its claim to its one end."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from commands.jobs.cancel_job import CancelJob
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.expire_attempt import ExpireAttempt, expiry_key
from commands.jobs.fail_job import FailJob
from commands.jobs.grants.training import TrainingGrant
from commands.jobs.late import ReportLate, ReportTaken
from commands.jobs.read_prompt import ReadPrompt
from commands.jobs.record_attempt_failed import RecordAttemptFailed
from commands.jobs.record_claim import ClaimGranted, RecordClaim, claim_key
from commands.jobs.retry_job import RetryJob
from domain.job import ATTEMPTS_MAX, Job
from domain.job_state import AttemptFailure, CancelledBy, JobFailure, JobState
from domain.kernel.identity import wallet_id
from domain.refusals import (
    InsufficientCredits,
    JobEnded,
    JobNotRetryable,
    NotFound,
    StaleResult,
)
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.journey import A_LIGHTHOUSE
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, GRACE, MONDAY, StudioSpec

STARTER_MILLICREDITS = 10_000
PRICE = 2 * (50 + 2 * 25)
CANCEL_SHARE_THOUSANDTHS = 250


@pytest.fixture
def job(spec: StudioSpec) -> UUID:
    """Ada's lighthouse waits for a worker."""
    journey.verified(spec)
    journey.rich(spec)
    opened: UUID = spec.does(A_LIGHTHOUSE).job_id
    return opened


def _balances(spec: StudioSpec) -> tuple[int, int, int]:
    wallet = spec.load(Wallet, wallet_id(ADA))
    return wallet.available, wallet.reserved, wallet.spent


def test_the_first_claim_gets_the_work(spec: StudioSpec, job: UUID) -> None:
    claim = journey.claim_of(job)
    spec.when(claim, key=claim_key(claim.claim_id)).then("job.started")
    grant = spec.result
    assert isinstance(grant, ClaimGranted)
    assert grant.deadline == MONDAY + timedelta(seconds=600)
    assert [item.upload_key for item in grant.work.items] == [
        f"quarantine/{job}/1/{claim.claim_id}/{item}.png" for item in range(2)
    ]


def test_the_same_claim_again_gets_the_same_grant(spec: StudioSpec, job: UUID) -> None:
    claim = journey.claim_of(job)
    first = spec.does(claim, key=claim_key(claim.claim_id))
    spec.clock.pass_by(seconds=30)
    spec.when(claim, key=claim_key(claim.claim_id)).then()
    assert spec.result == first
    assert spec.does(claim) == first


def test_another_claim_on_the_same_attempt_is_denied(spec: StudioSpec, job: UUID) -> None:
    journey.claimed(spec, job)
    spec.when(journey.claim_of(job, name="second")).then()
    assert spec.result == ClaimDenied(ClaimDenial.CLAIMED_BY_ANOTHER)


def test_a_claim_on_another_attempt_is_denied(spec: StudioSpec, job: UUID) -> None:
    spec.when(journey.claim_of(job, attempt=2)).then()
    assert spec.result == ClaimDenied(ClaimDenial.STALE_ATTEMPT)


def test_a_claim_on_an_ended_job_is_denied(spec: StudioSpec, job: UUID) -> None:
    spec.given(CancelJob(job)).when(journey.claim_of(job)).then()
    assert spec.result == ClaimDenied(ClaimDenial.JOB_ENDED)


def test_a_claim_on_nothing_is_denied(spec: StudioSpec, job: UUID) -> None:
    spec.when(journey.claim_of(UUID(int=1))).then()
    assert spec.result == ClaimDenied(ClaimDenial.UNKNOWN_JOB)


def test_a_grant_holds_no_prompt_and_its_claim_may_read_it(spec: StudioSpec, job: UUID) -> None:
    claim = journey.claimed(spec, job)
    assert "lighthouse" not in repr(spec.does(claim))
    text = spec.asks(ReadPrompt(job, 1, claim.claim_id))
    assert text.prompt == A_LIGHTHOUSE.prompt
    assert text.negative_prompt is None


@pytest.mark.parametrize("attempt", [1, 2])
def test_no_other_claim_may_read_the_prompt(spec: StudioSpec, job: UUID, attempt: int) -> None:
    journey.claimed(spec, job)
    with pytest.raises(StaleResult):
        spec.asks(ReadPrompt(job, attempt, UUID(int=1)))
    with pytest.raises(NotFound):
        spec.asks(ReadPrompt(job, 1, UUID(int=1)), owner=GRACE)


def test_a_training_is_granted_the_accepted_photos(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    training = spec.does(journey.training_of(twin)).job_id
    grant = spec.does(journey.claim_of(training))
    assert isinstance(grant.work, TrainingGrant)
    submission = spec.load(Job, training).submission_id
    assert [photo.object_key for photo in grant.work.photos] == [
        f"photos/{twin}/1/{submission}/{photo.photo_id}.png" for photo in grant.work.photos
    ]
    assert len(grant.work.photos) == 12
    assert len(grant.work.sample_prompts) == len(grant.work.items) == 3


def test_pictures_of_a_twin_are_granted_its_adapter(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    pictures = spec.does(journey.pictures_of(twin)).job_id
    grant = spec.does(journey.claim_of(pictures))
    assert grant.work.adapter.sha256 == journey.SHA256
    assert grant.work.adapter.object_key.startswith(f"adapters/{twin}/")


def test_a_twin_without_strength_is_not_drawn_and_not_looked_for(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(replace(A_LIGHTHOUSE, twin_id=twin, twin_strength=0.0)).job_id
    requested = spec.load(Job, job)
    assert requested.twin_id is None
    assert requested.epoch is None
    assert spec.does(journey.claim_of(job)).work.adapter is None


def test_somebody_elses_twin_is_not_found_at_any_strength(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    journey.verified(spec, GRACE)
    asked = replace(A_LIGHTHOUSE, twin_id=twin, twin_strength=0.0)
    spec.when(asked, owner=GRACE).then_refused(NotFound)


def test_seeds_count_up_from_the_one_that_was_given(spec: StudioSpec, job: UUID) -> None:
    seeded = spec.does(replace(A_LIGHTHOUSE, seed=2**32 - 1, count=3)).job_id
    assert [item.seed for item in spec.load(Job, seeded).items] == [2**32 - 1, 0, 1]


def test_a_seed_that_was_not_given_comes_from_the_job(spec: StudioSpec, job: UUID) -> None:
    first, second = (item.seed for item in spec.load(Job, job).items)
    assert first == int.from_bytes(job.bytes[:4])
    assert second == (first + 1) % 2**32


def test_results_lie_where_they_were_granted_whatever_is_reported(
    spec: StudioSpec, job: UUID
) -> None:
    claim = journey.rendered(spec, job)
    [event] = spec.events(Job.Rendered)
    assert [output.object_key for output in event.outputs] == [
        f"quarantine/{job}/1/{claim.claim_id}/{item}.png" for item in range(2)
    ]


def test_a_result_is_taken_once(spec: StudioSpec, job: UUID) -> None:
    claim = journey.rendered(spec, job)
    spec.when(journey.rendering_of(spec, claim)).then()
    assert isinstance(spec.result, ReportTaken)


@pytest.mark.parametrize("ended", [False, True], ids=["while it runs", "after its end"])
def test_whoever_was_given_nothing_reports_without_end_and_writes_nothing(
    spec: StudioSpec, job: UUID, *, ended: bool
) -> None:
    claim = journey.claimed(spec, job)
    if ended:
        spec.given(CancelJob(job))
    before = len(spec.store.rows(0))
    for number in range(20):
        stranger = journey.claim_of(job, name=f"stranger {number}")
        for report in (journey.rendering_of(spec, stranger), _failure_of(stranger)):
            spec.when(report).then()
            assert isinstance(spec.result, ReportLate)
    assert len(spec.store.rows(0)) == before
    assert spec.load(Job, job).claim_id == claim.claim_id


def test_a_late_result_is_discarded_once(spec: StudioSpec, job: UUID) -> None:
    claim = journey.claimed(spec, job)
    late = journey.rendering_of(spec, claim)
    spec.given(CancelJob(job))
    spec.when(late).then("job.result-discarded")
    assert f"quarantine/{job}/1/{claim.claim_id}/" in react(spec)
    spec.when(late).then()
    spec.when(_failure_of(claim)).then()
    assert isinstance(spec.result, ReportLate)


def test_a_report_that_is_not_whole_destroys_nothing_that_the_right_one_counts_on(
    spec: StudioSpec, job: UUID
) -> None:
    whole = journey.rendering_of(spec, journey.claimed(spec, job))
    spec.when(replace(whole, outputs=whole.outputs[1:])).then()
    assert isinstance(spec.result, ReportLate)
    spec.when(whole).then("job.rendered")
    assert react(spec) == []


def test_a_result_of_an_earlier_attempt_is_discarded(spec: StudioSpec, job: UUID) -> None:
    claim = journey.claimed(spec, job)
    late = journey.rendering_of(spec, claim)
    spec.given(_failure_of(claim))
    react(spec)
    journey.claimed(spec, job, attempt=2)
    spec.when(late).then("job.result-discarded")
    assert spec.load(Job, job).state is JobState.STARTED


def test_a_failure_reported_after_the_result_destroys_nothing(spec: StudioSpec, job: UUID) -> None:
    claim = journey.rendered(spec, job)
    spec.when(_failure_of(claim)).then()
    assert spec.load(Job, job).state is JobState.RENDERED


def test_a_failed_attempt_is_followed_by_the_next(spec: StudioSpec, job: UUID) -> None:
    claim = journey.claimed(spec, job)
    spec.when(_failure_of(claim)).then("job.attempt-failed")
    react(spec)
    assert [event.attempt for event in spec.events(Job.AttemptOpened)] == [2]
    assert isinstance(spec.does(journey.claim_of(job, attempt=2)), ClaimGranted)


def test_exhausted_attempts_end_the_job_and_cost_nothing(spec: StudioSpec, job: UUID) -> None:
    for attempt in range(1, ATTEMPTS_MAX + 1):
        spec.given(_failure_of(journey.claimed(spec, job, attempt=attempt)))
        react(spec)
    [failed] = spec.events(Job.Failed)
    assert failed.reason is JobFailure.ATTEMPTS_EXHAUSTED
    assert _balances(spec) == (STARTER_MILLICREDITS, 0, 0)
    assert len(spec.events(Wallet.Released)) == 1


def test_a_lost_worker_is_expired_once(spec: StudioSpec, job: UUID) -> None:
    claim = journey.claimed(spec, job)
    expiry = ExpireAttempt(job, 1, claim.claim_id)
    spec.when(expiry, key=expiry_key(claim.claim_id)).then("job.attempt-failed")
    spec.when(expiry, key=expiry_key(claim.claim_id)).then()
    spec.when(expiry).then()


def test_a_worker_that_has_delivered_is_not_expired(spec: StudioSpec, job: UUID) -> None:
    claim = journey.rendered(spec, job)
    spec.when(ExpireAttempt(job, 1, claim.claim_id)).then()


def test_a_passed_deadline_returns_everything_as_expired(spec: StudioSpec, job: UUID) -> None:
    spec.when(FailJob(job, JobFailure.DEADLINE_PASSED)).then("wallet.expired", "job.failed")
    assert _balances(spec) == (STARTER_MILLICREDITS, 0, 0)


def test_cancelling_before_the_start_costs_nothing(spec: StudioSpec, job: UUID) -> None:
    spec.when(CancelJob(job)).then("wallet.released", "job.cancelled")
    assert spec.result.charged_millicredits == 0
    assert _balances(spec) == (STARTER_MILLICREDITS, 0, 0)


def test_cancelling_a_running_job_costs_its_share(spec: StudioSpec, job: UUID) -> None:
    journey.claimed(spec, job)
    spec.when(CancelJob(job)).then("wallet.captured", "wallet.released", "job.cancelled")
    share = PRICE * CANCEL_SHARE_THOUSANDTHS // 1_000
    assert spec.result.charged_millicredits == share
    assert _balances(spec) == (STARTER_MILLICREDITS - share, 0, share)


def test_a_job_ends_once(spec: StudioSpec, job: UUID) -> None:
    spec.given(CancelJob(job))
    spec.when(CancelJob(job)).then_refused(JobEnded)
    spec.when(FailJob(job, JobFailure.ATTEMPTS_EXHAUSTED)).then_refused(JobEnded)


def test_a_cancelled_job_is_retried_as_a_new_one(spec: StudioSpec, job: UUID) -> None:
    spec.given(CancelJob(job))
    spec.when(RetryJob(job, price_version=1, session_jurisdiction="XX")).then(
        "person.generation-authorised", "wallet.reserved", "job.requested", "job.retried"
    )
    first, again = spec.events(Job.Requested)
    assert again.originator_id != job
    assert again.retried_from == job
    assert (again.prompt, again.settings) == (first.prompt, first.settings)
    assert [item.seed for item in again.items] == [item.seed for item in first.items]


def test_a_second_click_on_try_again_is_the_same_retry_and_no_second_payment(
    spec: StudioSpec, job: UUID
) -> None:
    spec.given(CancelJob(job))
    again = RetryJob(job, 1, "XX")
    first = spec.does(again)
    balances = _balances(spec)
    spec.when(again).then()
    assert spec.result == first
    assert _balances(spec) == balances
    journey.claimed(spec, first.job_id)
    assert spec.does(again) == first


def test_a_retry_that_ended_may_be_followed_by_another(spec: StudioSpec, job: UUID) -> None:
    spec.given(CancelJob(job))
    again = RetryJob(job, 1, "XX")
    first = spec.does(again).job_id
    spec.given(CancelJob(first))
    second = spec.does(again).job_id
    assert second not in (job, first)
    assert spec.load(Job, job).retry_id == second
    # Each job counts its own retries: the first one may be done again as well.
    third = spec.does(replace(again, job_id=first)).job_id
    assert third not in (job, first, second)


def test_a_training_that_is_tried_again_twice_is_one_training(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    training = spec.does(journey.training_of(twin)).job_id
    spec.given(CancelJob(training))
    assert spec.does(RetryJob(training, 1, "XX")) == spec.does(RetryJob(training, 1, "XX"))


def test_a_retry_is_paid_for_again(spec: StudioSpec, job: UUID) -> None:
    journey.claimed(spec, job)
    spec.given(CancelJob(job))
    wallet = spec.load(Wallet, wallet_id(ADA))
    wallet.reserve(UUID(int=2), wallet.available, at=spec.clock())
    spec.store_events(wallet)
    spec.when(RetryJob(job, 1, "XX")).then_refused(InsufficientCredits)


def test_a_training_is_retried_on_the_accepted_photos(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    training = spec.does(journey.training_of(twin)).job_id
    spec.given(CancelJob(training))
    spec.when(RetryJob(training, 1, "XX")).then(
        "twin.training-authorised", "wallet.reserved", "job.requested", "job.retried"
    )


def test_only_an_unfinished_job_is_retried(spec: StudioSpec, job: UUID) -> None:
    spec.when(RetryJob(job, 1, "XX")).then_refused(JobNotRetryable)
    journey.finished(spec, job)
    spec.when(RetryJob(job, 1, "XX")).then_refused(JobNotRetryable)


def test_an_owner_who_cancels_is_on_record(spec: StudioSpec, job: UUID) -> None:
    spec.given(CancelJob(job))
    [cancelled] = spec.events(Job.Cancelled)
    assert (cancelled.by, cancelled.state_before) == (CancelledBy.OWNER, JobState.REQUESTED)


def _failure_of(claim: RecordClaim) -> RecordAttemptFailed:
    return RecordAttemptFailed(
        claim.job_id, claim.attempt, claim.claim_id, AttemptFailure.OUT_OF_MEMORY
    )
