"""A worker that stood still asks whether its claim still holds, and does not draw for nothing."""

import pytest

from gpu_consumers.worker.assignments import Advanced, Broke, Delivered, Start, Stop
from gpu_consumers.worker.worker import WorkerLimits
from tests.gpu_consumers.worker.test_worker import (
    HARBOUR,
    OUTPUT,
    STEP_LIMIT_S,
    Bench,
)
from topics.messages.grants import ClaimRefusal
from topics.messages.progress import Phase
from topics.messages.results import FailureReason, JobAlive, JobClaimed, JobFailed, JobRendered

STOPPED_S = 3 * WorkerLimits().silence_max_s


@pytest.fixture
def bench() -> Bench:
    return Bench()


def was_stopped(bench: Bench) -> None:
    """Time passes, and the worker does not turn; then it turns again."""
    bench.now_s += STOPPED_S
    bench.steps()


def test_a_worker_that_turns_never_asks_again(bench: Bench) -> None:
    bench.granted()
    for _ in range(10):
        bench.pass_by(STEP_LIMIT_S / 2)
        bench.child_says(Advanced(Phase.STEP, 1, 4))
    assert bench.said(JobClaimed) == []


def test_a_worker_that_stood_still_claims_again_and_goes_on_where_the_claim_holds(
    bench: Bench,
) -> None:
    claim = bench.granted()
    bench.child_says(Advanced(Phase.STEP, 1, 4))
    was_stopped(bench)
    assert bench.said(JobClaimed) == [claim]
    bench.grant(claim)
    bench.pass_by(STEP_LIMIT_S / 2)
    assert bench.said(JobClaimed) == []
    assert not any(isinstance(order, Stop) for order in bench.child.orders)
    assert len([order for order in bench.child.orders if isinstance(order, Start)]) == 1
    bench.child_says(Delivered((OUTPUT,)))
    [rendered] = bench.said(JobRendered)
    assert rendered.claim_id == claim.claim_id


def test_a_worker_whose_claim_was_lost_meanwhile_stops_its_child_and_takes_the_next_job(
    bench: Bench,
) -> None:
    claim = bench.granted()
    bench.child_says(Advanced(Phase.STEP, 1, 4))
    was_stopped(bench)
    bench.refuse(claim, ClaimRefusal.STALE_ATTEMPT)
    bench.steps(1)
    assert isinstance(bench.child.orders[-1], Stop)
    bench.child_says(Broke(FailureReason.STOPPED))
    # Said although nobody waits for it: a late failure has what was uploaded deleted.
    [failed] = bench.said(JobFailed)
    assert (failed.claim_id, failed.reason) == (claim.claim_id, FailureReason.WORKER_LOST)
    bench.granted(HARBOUR)
    assert len(bench.children) == 1


def test_an_answer_that_stays_away_is_asked_for_again(bench: Bench) -> None:
    claim = bench.granted()
    was_stopped(bench)
    bench.pass_by(2 * WorkerLimits().claim_again_s)
    assert bench.said(JobClaimed) == [claim] * 3


def test_a_refusal_of_another_claim_is_no_answer(bench: Bench) -> None:
    claim = bench.granted()
    was_stopped(bench)
    other = JobClaimed(claim.job, 2, HARBOUR, claim.worker, claim.kind)
    bench.refuse(other, ClaimRefusal.STALE_ATTEMPT)
    bench.steps()
    assert not any(isinstance(order, Stop) for order in bench.child.orders)


def test_the_time_in_which_a_worker_stood_still_is_not_its_childs(bench: Bench) -> None:
    claim = bench.granted()
    bench.child_says(Advanced(Phase.STEP, 1, 4))
    was_stopped(bench)
    bench.grant(claim)
    bench.pass_by(STEP_LIMIT_S - 1.0)
    assert bench.said(JobFailed) == []
    bench.pass_by(2.0)
    assert [failed.reason for failed in bench.said(JobFailed)] == [FailureReason.PHASE_TIMEOUT]


def test_a_grant_that_is_found_late_is_doubted_at_once(bench: Bench) -> None:
    claim = bench.claimed()
    bench.grant(claim)
    was_stopped(bench)
    assert bench.said(JobClaimed) == [claim]
    bench.refuse(claim, ClaimRefusal.STALE_ATTEMPT)
    bench.steps(1)
    assert [type(order) for order in bench.child.orders] == [Start, Stop]


def test_a_worker_that_stood_still_says_at_once_that_it_is_alive(bench: Bench) -> None:
    bench.granted()
    bench.said(JobAlive)
    was_stopped(bench)
    assert len(bench.said(JobAlive)) == 1
