"""A job's life, from the request to its single end."""

import math
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from domain.checks import CheckVerdict, ItemVerdict
from domain.job import Job
from domain.job_state import AttemptFailure, CancelledBy, JobFailure, JobState
from domain.kernel.identity import asset_id
from domain.refusals import AlreadyDecided, JobEnded, JobNotRetryable, StaleResult
from domain.screening import SCREENINGS_MAX, ScreeningFailure
from tests.domain.aggregate_spec import given
from tests.domain.people import (
    CLAIM,
    LIGHTHOUSE_JOB,
    MONDAY,
    OTHER_CLAIM,
    TUESDAY,
    image_job,
    outputs_of,
    rendered,
    screened,
    started,
    training_job,
    video_job,
)

NOON = MONDAY + timedelta(hours=3)


def assets(*items: int) -> tuple[UUID, ...]:
    return tuple(asset_id(LIGHTHOUSE_JOB, item) for item in items)


def start(claim: UUID = CLAIM, attempt: int = 1) -> Callable[[Job], None]:
    return lambda job: job.start(attempt, claim, "worker-1", TUESDAY, at=NOON)


def fail_attempt(
    reason: AttemptFailure = AttemptFailure.OUT_OF_MEMORY, claim: UUID = CLAIM, attempt: int = 1
) -> Callable[[Job], None]:
    return lambda job: job.record_attempt_failed(attempt, claim, reason, at=NOON)


def with_failed_attempt() -> Job:
    job = started(image_job())
    fail_attempt()(job)
    return job


def test_the_first_claim_starts_the_attempt() -> None:
    job = image_job()
    given(job).when(start()).then(Job.Started)
    assert (job.state, job.claim_id, job.deadline) == (JobState.STARTED, CLAIM, TUESDAY)


def test_the_same_claim_may_ask_again() -> None:
    given(started(image_job())).when(start()).then_nothing()


def test_another_claim_comes_too_late() -> None:
    given(started(image_job())).when(start(OTHER_CLAIM)).then_refused(AlreadyDecided)


def test_a_claim_on_another_attempt_is_stale() -> None:
    given(image_job()).when(start(attempt=2)).then_refused(StaleResult)


def test_a_claim_on_an_ended_job_is_refused() -> None:
    job = image_job()
    job.cancel(CancelledBy.OWNER, at=NOON)
    refusal = given(job).when(start()).then_refused(JobEnded)
    assert refusal.state == "cancelled"


def test_the_claim_reports_what_it_rendered() -> None:
    job = started(image_job())
    given(job).when(lambda j: j.record_rendered(1, CLAIM, outputs_of(j), None, at=NOON)).then(
        Job.Rendered
    )
    given(job).when(
        lambda j: j.record_rendered(1, CLAIM, outputs_of(j), None, at=NOON)
    ).then_nothing()


def test_a_result_of_another_claim_is_stale() -> None:
    given(started(image_job())).when(
        lambda j: j.record_rendered(1, OTHER_CLAIM, outputs_of(j), None, at=NOON)
    ).then_refused(StaleResult)


def test_a_result_with_an_item_missing_is_refused() -> None:
    given(started(image_job())).when(
        lambda j: j.record_rendered(1, CLAIM, outputs_of(j)[1:], None, at=NOON)
    ).then_refused(StaleResult)


def test_a_training_without_an_adapter_is_no_result() -> None:
    given(started(training_job())).when(
        lambda j: j.record_rendered(1, CLAIM, outputs_of(j), None, at=NOON)
    ).then_refused(StaleResult)


def test_a_result_after_the_attempt_failed_is_stale() -> None:
    given(with_failed_attempt()).when(
        lambda j: j.record_rendered(1, CLAIM, outputs_of(j), None, at=NOON)
    ).then_refused(StaleResult)


def test_a_result_nobody_waits_for_has_its_bytes_deleted() -> None:
    job = started(image_job())
    job.cancel(CancelledBy.OWNER, at=NOON)
    given(job).when(lambda j: j.discard_result(1, CLAIM, at=NOON)).then(Job.ResultDiscarded)


def test_a_failed_attempt_waits_for_the_next_one_to_be_opened() -> None:
    job = started(image_job())
    [failed] = given(job).when(fail_attempt()).then(Job.AttemptFailed)
    assert isinstance(failed, Job.AttemptFailed)
    assert failed.attempts_left == 2
    assert job.awaits_next_attempt
    given(job).when(start(OTHER_CLAIM)).then_refused(StaleResult)
    [opened] = given(job).when(lambda j: j.open_attempt(2, at=NOON)).then(Job.AttemptOpened)
    assert isinstance(opened, Job.AttemptOpened)
    assert opened.batch_key == "pocket/256/256/25/True"
    given(job).when(start(OTHER_CLAIM, attempt=2)).then(Job.Started)


def test_a_failure_is_counted_once() -> None:
    given(with_failed_attempt()).when(fail_attempt()).then_nothing()


def test_a_failure_of_another_claim_is_stale() -> None:
    given(started(image_job())).when(fail_attempt(claim=OTHER_CLAIM)).then_refused(StaleResult)


def test_the_next_attempt_opens_once_and_only_after_a_failure() -> None:
    job = with_failed_attempt()
    job.open_attempt(2, at=NOON)
    given(job).when(lambda j: j.open_attempt(2, at=NOON)).then_nothing()
    given(job).when(lambda j: j.open_attempt(3, at=NOON)).then_refused(StaleResult)


def test_there_is_no_fourth_attempt() -> None:
    job = image_job()
    for attempt in (1, 2, 3):
        start(CLAIM, attempt)(job)
        fail_attempt(attempt=attempt)(job)
        if attempt < 3:
            job.open_attempt(attempt + 1, at=NOON)
    assert job.attempts_left == 0
    given(job).when(lambda j: j.open_attempt(4, at=NOON)).then_refused(JobNotRetryable)
    given(job).when(lambda j: j.fail(JobFailure.ATTEMPTS_EXHAUSTED, at=NOON)).then(Job.Failed)
    assert job.charge_millicredits == 0


def test_what_was_rendered_is_no_failed_attempt_any_more() -> None:
    given(rendered(image_job())).when(fail_attempt()).then_refused(StaleResult)
    given(rendered(image_job())).when(
        fail_attempt(AttemptFailure.SCREENING_UNAVAILABLE)
    ).then_refused(StaleResult)


def fail_screening(
    screening: int = 1,
    reason: ScreeningFailure = ScreeningFailure.UNAVAILABLE,
    attempt: int = 1,
) -> Callable[[Job], None]:
    return lambda job: job.record_screening_failed(attempt, screening, reason, at=NOON)


def open_screening(screening: int, attempt: int = 1) -> Callable[[Job], None]:
    return lambda job: job.open_screening(attempt, screening, at=NOON)


def test_a_failed_screening_costs_no_attempt_and_keeps_what_was_rendered() -> None:
    job = rendered(image_job())
    outputs = job.outputs
    [failed] = given(job).when(fail_screening()).then(Job.ScreeningFailed)
    assert isinstance(failed, Job.ScreeningFailed)
    assert failed.screenings_left == SCREENINGS_MAX - 1
    assert (job.state, job.attempt, job.outputs) == (JobState.RENDERED, 1, outputs)
    assert not job.awaits_screening
    given(job).when(fail_screening()).then_refused(StaleResult)
    given(job).when(lambda j: j.record_screened(1, (), at=NOON)).then_refused(StaleResult)


def test_the_next_screening_opens_once_and_only_after_a_failure() -> None:
    job = rendered(image_job())
    given(job).when(open_screening(2)).then_refused(StaleResult)
    fail_screening()(job)
    given(job).when(open_screening(3)).then_refused(StaleResult)
    given(job).when(open_screening(2, attempt=2)).then_refused(StaleResult)
    given(job).when(open_screening(2)).then(Job.ScreeningOpened)
    given(job).when(open_screening(2)).then_nothing()
    assert job.awaits_screening


def test_only_the_current_screening_counts() -> None:
    job = rendered(image_job())
    fail_screening()(job)
    open_screening(2)(job)
    given(job).when(fail_screening()).then_refused(StaleResult)
    given(job).when(lambda j: j.record_screened(1, (), at=NOON)).then_refused(StaleResult)
    given(job).when(lambda j: j.record_screened(1, (), screening=2, at=NOON)).then(Job.Screened)


def test_there_is_no_sixth_screening_and_the_job_fails_for_nothing() -> None:
    job = rendered(image_job())
    for screening in range(1, SCREENINGS_MAX + 1):
        fail_screening(screening)(job)
        if screening < SCREENINGS_MAX:
            open_screening(screening + 1)(job)
    assert job.screenings_left == 0
    given(job).when(open_screening(SCREENINGS_MAX + 1)).then_refused(JobNotRetryable)
    job.fail(JobFailure.SCREENING_UNAVAILABLE, at=NOON)
    assert job.charge_millicredits == 0
    given(job).when(fail_screening(SCREENINGS_MAX)).then_refused(JobEnded)


def test_nothing_is_screened_before_it_is_rendered() -> None:
    given(started(image_job())).when(fail_screening()).then_refused(StaleResult)
    given(started(image_job())).when(open_screening(1)).then_refused(StaleResult)


def test_screening_comes_after_rendering_and_once() -> None:
    given(started(image_job())).when(lambda j: j.record_screened(1, (), at=NOON)).then_refused(
        StaleResult
    )
    job = rendered(image_job())
    given(job).when(lambda j: j.record_screened(1, (), at=NOON)).then(Job.Screened)
    given(job).when(lambda j: j.record_screened(1, (), at=NOON)).then_refused(StaleResult)


def test_a_score_that_is_no_number_is_stored_as_a_check_that_was_not_made() -> None:
    verdict = ItemVerdict(
        0, (CheckVerdict("identity", passed=True, model="identity-1", score=math.nan),)
    )
    [event] = (
        given(rendered(image_job()))
        .when(lambda j: j.record_screened(1, (verdict,), at=NOON))
        .then(Job.Screened)
    )
    assert isinstance(event, Job.Screened)
    assert event.verdicts[0].checks == (CheckVerdict("identity", passed=None, model="identity-1"),)


def test_a_job_completes_with_a_fate_for_every_item() -> None:
    job = screened(image_job())
    given(job).when(lambda j: j.complete(assets(0, 1), assets(2), at=NOON)).then_refused(
        StaleResult
    )
    given(job).when(lambda j: j.complete(assets(0, 1), assets(1, 2), at=NOON)).then_refused(
        StaleResult
    )
    given(job).when(lambda j: j.complete(assets(0, 1, 3), assets(2), at=NOON)).then(Job.Completed)


def test_a_job_does_not_complete_before_screening() -> None:
    given(rendered(image_job())).when(
        lambda j: j.complete(assets(0, 1, 2, 3), (), at=NOON)
    ).then_refused(StaleResult)


@pytest.mark.parametrize(
    ("released", "refused", "cost"),
    [((0, 1, 2, 3), (), 400), ((0,), (1, 2, 3), 100), ((), (0, 1, 2, 3), 0)],
)
def test_only_released_pictures_cost_anything(
    released: tuple[int, ...], refused: tuple[int, ...], cost: int
) -> None:
    job = screened(image_job())
    assert job.quoted_millicredits == 400
    job.complete(assets(*released), assets(*refused), at=NOON)
    assert job.charge_millicredits == cost


def test_a_completed_training_costs_its_price_whatever_became_of_its_samples() -> None:
    job = screened(training_job())
    job.complete((), [item.asset_id for item in job.items], at=NOON)
    assert job.charge_millicredits == job.quoted_millicredits


@pytest.mark.parametrize(
    ("job", "cost"),
    [
        (image_job(), 0),
        (with_failed_attempt(), 0),
        (started(image_job()), 100),
        (rendered(image_job()), 0),
        (screened(image_job()), 0),
    ],
    ids=["waiting", "between attempts", "running", "being screened", "screened"],
)
def test_a_cancel_costs_the_share_of_the_price_list_only_while_a_worker_is_at_it(
    job: Job, cost: int
) -> None:
    given(job).when(lambda j: j.cancel(CancelledBy.OWNER, at=NOON)).then(Job.Cancelled)
    assert job.charge_millicredits == cost


def test_a_withdrawn_consent_stops_a_job_for_nothing() -> None:
    job = started(image_job())
    job.cancel(CancelledBy.CONSENT_WITHDRAWN, at=NOON)
    assert job.charge_millicredits == 0


ENDS: dict[str, Callable[[Job], None]] = {
    "completed": lambda job: job.complete(assets(0, 1, 2, 3), (), at=NOON),
    "failed": lambda job: job.fail(JobFailure.DEADLINE_PASSED, at=NOON),
    "cancelled": lambda job: job.cancel(CancelledBy.OWNER, at=NOON),
}


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
def test_the_first_end_wins(first: str, second: str) -> None:
    job = screened(image_job())
    ENDS[first](job)
    charge = job.charge_millicredits
    refusal = given(job).when(ENDS[second]).then_refused(JobEnded)
    assert refusal.state == first == job.state
    assert job.charge_millicredits == charge


def test_what_failed_or_was_cancelled_by_its_owner_can_be_tried_again() -> None:
    failed = image_job()
    failed.fail(JobFailure.ATTEMPTS_EXHAUSTED, at=NOON)
    failed.require_retryable()
    cancelled = image_job()
    cancelled.cancel(CancelledBy.OWNER, at=NOON)
    cancelled.require_retryable()


def test_what_runs_or_lost_its_consent_cannot_be_tried_again() -> None:
    given(image_job()).when(lambda j: j.require_retryable()).then_refused(JobNotRetryable)
    withdrawn = image_job()
    withdrawn.cancel(CancelledBy.CONSENT_WITHDRAWN, at=NOON)
    given(withdrawn).when(lambda j: j.require_retryable()).then_refused(JobNotRetryable)


def test_a_clip_that_was_cut_costs_the_seconds_that_were_delivered() -> None:
    job = screened(video_job())
    both = [item.asset_id for item in job.items]
    job.complete(both, (), delivered_ms=[4_000, 3_250], at=NOON)
    assert job.charge_millicredits == job.quoted_millicredits * 7_250 // 8_000


def test_a_clip_that_was_refused_costs_nothing() -> None:
    job = screened(video_job())
    first, second = (item.asset_id for item in job.items)
    job.complete([second], [first], delivered_ms=[4_000], at=NOON)
    assert job.charge_millicredits == job.quoted_millicredits // 2


def test_no_clip_costs_more_than_was_quoted() -> None:
    job = screened(video_job())
    both = [item.asset_id for item in job.items]
    job.complete(both, (), delivered_ms=[60_000, 60_000], at=NOON)
    assert job.charge_millicredits == job.quoted_millicredits


@pytest.mark.parametrize("frames", [None, 1, 31, 33, 10_000])
def test_clips_of_another_length_than_asked_are_no_result(frames: int | None) -> None:
    job = started(video_job())
    wrong = [msgspec.structs.replace(output, frames=frames) for output in outputs_of(job)]
    given(job).when(lambda j: j.record_rendered(1, CLAIM, wrong, None, at=NOON)).then_refused(
        StaleResult
    )


def test_a_picture_has_no_frames() -> None:
    job = started(image_job())
    moving = [msgspec.structs.replace(output, frames=32) for output in outputs_of(job)]
    given(job).when(lambda j: j.record_rendered(1, CLAIM, moving, None, at=NOON)).then_refused(
        StaleResult
    )
