"""An owner lets one waiting job go before another of theirs: two places change, and no third."""

from uuid import UUID, uuid4

import pytest

from commands.jobs.cancel_job import CancelJob
from commands.jobs.fail_job import FailJob
from commands.jobs.move_job_up import MoveJobUp, TurnOfJob
from commands.jobs.open_next_attempt import OpenNextAttempt
from domain.job import MOVES_MAX
from domain.job_state import JobFailure
from domain.refusals import JobEnded, JobHasBegun, MovedTooOften, NotFound
from tests.commands import journey
from tests.commands.journey import A_LIGHTHOUSE
from tests.commands.studio_spec import ADA, GRACE, StudioSpec


@pytest.fixture
def jobs(spec: StudioSpec) -> list[UUID]:
    """Three of Ada's wait, and one of Grace's among them."""
    for owner in (ADA, GRACE):
        journey.verified(spec, owner)
        journey.rich(spec, owner)
    mine = [spec.does(A_LIGHTHOUSE).job_id]
    spec.does(A_LIGHTHOUSE, owner=GRACE)
    return [*mine, *(spec.does(A_LIGHTHOUSE).job_id for _ in range(2))]


def turns(spec: StudioSpec, jobs: list[UUID], owner: UUID = ADA) -> list[int]:
    return [spec.asks(TurnOfJob(job), owner=owner).turn for job in jobs]


def test_two_jobs_change_places_and_nobody_else_moves(spec: StudioSpec, jobs: list[UUID]) -> None:
    first, second, third = turns(spec, jobs)
    assert first < second < third
    spec.when(MoveJobUp(jobs[2], ahead_of=jobs[1])).then("job.turn-taken", "job.turn-taken")
    assert spec.result.turn == second
    assert turns(spec, jobs) == [first, third, second]
    spec.when(MoveJobUp(jobs[2], ahead_of=jobs[0])).then("job.turn-taken", "job.turn-taken")
    assert turns(spec, jobs) == [second, third, first]


def test_the_same_again_under_another_key_changes_nothing(
    spec: StudioSpec, jobs: list[UUID]
) -> None:
    move = MoveJobUp(jobs[1], ahead_of=jobs[0])
    spec.given(move)
    now = turns(spec, jobs)
    spec.when(move, key=uuid4()).then()
    assert spec.result.turn == now[1]
    spec.when(MoveJobUp(jobs[1], ahead_of=jobs[1])).then()
    assert turns(spec, jobs) == now


def test_two_jobs_do_not_change_places_for_ever(spec: StudioSpec, jobs: list[UUID]) -> None:
    first, second, third = jobs
    for _ in range(MOVES_MAX // 2):
        spec.given(MoveJobUp(second, ahead_of=first), MoveJobUp(first, ahead_of=second))
    now = turns(spec, jobs)
    spec.when(MoveJobUp(second, ahead_of=first)).then_refused(MovedTooOften, limit=MOVES_MAX)
    # Nor does one that never moved stand where one of them has.
    spec.when(MoveJobUp(third, ahead_of=second)).then_refused(MovedTooOften, limit=MOVES_MAX)
    assert turns(spec, jobs) == now


@pytest.mark.parametrize("place", [0, 1], ids=["the other one", "the job itself"])
def test_what_has_begun_meanwhile_moves_no_more(
    spec: StudioSpec, jobs: list[UUID], place: int
) -> None:
    claim = journey.claimed(spec, jobs[place])
    spec.when(MoveJobUp(jobs[1], ahead_of=jobs[0])).then_refused(JobHasBegun)
    # Neither does what has failed, and waits for its next attempt to be opened.
    spec.given(journey.failure_of(claim))
    spec.when(MoveJobUp(jobs[1], ahead_of=jobs[0])).then_refused(JobHasBegun)


@pytest.mark.parametrize("place", [0, 1], ids=["the other one", "the job itself"])
def test_what_has_ended_meanwhile_moves_no_more(
    spec: StudioSpec, jobs: list[UUID], place: int
) -> None:
    spec.given(CancelJob(jobs[place]))
    spec.when(MoveJobUp(jobs[1], ahead_of=jobs[0])).then_refused(JobEnded, state="cancelled")


def test_anothers_job_is_like_one_that_does_not_exist(spec: StudioSpec, jobs: list[UUID]) -> None:
    hers = spec.does(A_LIGHTHOUSE, owner=GRACE).job_id
    for move in (MoveJobUp(hers, jobs[0]), MoveJobUp(jobs[2], hers), MoveJobUp(uuid4(), jobs[0])):
        spec.when(move).then_refused(NotFound)
    with pytest.raises(NotFound):
        spec.asks(TurnOfJob(hers))


def test_who_is_tried_again_stands_at_the_end_and_keeps_no_turn(
    spec: StudioSpec, jobs: list[UUID]
) -> None:
    spec.given(MoveJobUp(jobs[2], ahead_of=jobs[0]))
    claim = journey.claimed(spec, jobs[2])
    with pytest.raises(JobHasBegun):
        turns(spec, [jobs[2]])
    spec.given(journey.failure_of(claim), OpenNextAttempt(jobs[2], attempt=2))
    first, second, third = turns(spec, jobs)
    assert max(first, second) < third
    spec.given(FailJob(jobs[2], JobFailure.DEADLINE_PASSED))
    assert turns(spec, jobs[:2]) == [first, second]
    with pytest.raises(JobEnded):
        turns(spec, [jobs[2]])
