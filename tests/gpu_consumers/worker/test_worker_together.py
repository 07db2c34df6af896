"""Jobs that are drawn together: the worker's parent claims, keeps and ends each by itself."""

from __future__ import annotations

from uuid import UUID, uuid5

import pytest

from gpu_consumers.worker.assignments import (
    Advanced,
    Broke,
    Delivered,
    Forget,
    Start,
    StartTogether,
    Stop,
)
from gpu_consumers.worker.backlog import BatchRoom
from gpu_consumers.worker.worker import WorkerLimits
from tests.gpu_consumers.worker.test_setbacks import RaisingTransport
from tests.gpu_consumers.worker.test_worker import (
    NAMES,
    OUTPUT,
    STEP_LIMIT_S,
    Bench,
    already_set,
)
from topics.messages.control import StopJob, StopReason
from topics.messages.grants import ClaimRefusal
from topics.messages.jobs import JobQueued
from topics.messages.progress import Phase
from topics.messages.results import FailureReason, JobAlive, JobClaimed, JobFailed, JobRendered
from topics.messages.work import WorkKind
from topics.registry import CONTROL, JOBS

PEOPLE = ("Ada", "Grace", "Mary")
ADAS, GRACES, MARYS = JOBS_OF = tuple(uuid5(NAMES, f"a portrait of {name}") for name in PEOPLE)
LIMITS = WorkerLimits()


class Company(Bench):
    """A bench whose worker draws pictures of three people at once."""

    def queue_all(self) -> None:
        for name, job in zip(PEOPLE, JOBS_OF, strict=True):
            owner = uuid5(NAMES, name)
            queued = JobQueued(job, 1, WorkKind.IMAGE, "pocket", "64x64", owner, items=1)
            self.publish(JOBS[WorkKind.IMAGE], queued)

    def claimed_together(self) -> dict[UUID, JobClaimed]:
        """One claim a job, all at once."""
        self.queue_all()
        self.steps()
        claims = self.said(JobClaimed)
        assert len(claims) == len(PEOPLE)
        return {claim.job: claim for claim in claims}

    def granted_together(self) -> dict[UUID, JobClaimed]:
        claims = self.claimed_together()
        for claim in claims.values():
            self.grant(claim)
        self.steps()
        return claims

    def started(self) -> list[set[UUID]]:
        """The jobs of every order to this child to start something."""
        return [
            {start.job for start in order.starts}
            if isinstance(order, StartTogether)
            else {order.job}
            for order in self.child.orders
            if not isinstance(order, Stop | Forget)
        ]

    def failures(self) -> dict[UUID, FailureReason]:
        """Why what has newly failed did."""
        return {failed.job: failed.reason for failed in self.said(JobFailed)}

    def done(self) -> int:
        """How many jobs need not be read again."""
        return sum(self.committed().values())


@pytest.fixture
def bench() -> Company:
    return Company(RaisingTransport(), rooms={"pocket": BatchRoom(rows=8, twins=8)})


def test_jobs_that_fit_are_claimed_one_by_one_and_drawn_together(bench: Company) -> None:
    claims = bench.granted_together()
    assert len({claim.claim_id for claim in claims.values()}) == 3
    assert bench.started() == [set(JOBS_OF)]


def test_each_is_reported_as_soon_as_its_own_pictures_are_there(bench: Company) -> None:
    claims = bench.granted_together()
    bench.child_says(Delivered((OUTPUT,), job=GRACES))
    assert bench.said(JobRendered) == [JobRendered(GRACES, 1, claims[GRACES].claim_id, (OUTPUT,))]
    bench.child_says(Delivered((OUTPUT,), job=ADAS), Delivered((OUTPUT,), job=MARYS))
    assert {one.job for one in bench.said(JobRendered)} == {ADAS, MARYS}
    assert bench.done() == 3


def test_nothing_else_is_claimed_before_the_last_one_is_over(bench: Company) -> None:
    bench.granted_together()
    bench.child_says(Delivered((OUTPUT,), job=GRACES), Delivered((OUTPUT,), job=ADAS))
    bench.queue(uuid5(NAMES, "a harbour"))
    bench.steps()
    assert bench.said(JobClaimed) == []
    bench.child_says(Delivered((OUTPUT,), job=MARYS))
    assert len(bench.said(JobClaimed)) == 1


def test_every_one_of_them_is_said_to_be_alive(bench: Company) -> None:
    bench.granted_together()
    bench.said(JobAlive)
    bench.pass_by(LIMITS.alive_interval_s)
    assert sorted(one.job for one in bench.said(JobAlive)) == sorted(JOBS_OF)


def test_progress_is_that_of_the_job_it_is_about(bench: Company) -> None:
    bench.granted_together()
    bench.child_says(Advanced(Phase.STEP, 1, 4, job=ADAS), Advanced(Phase.STEP, 2, 8, job=GRACES))
    assert {(said.job, said.step, said.steps_total) for said in bench.progress_said()} == {
        (ADAS, 1, 4),
        (GRACES, 2, 8),
    }


def test_stopping_one_tells_the_child_which_and_leaves_the_others(bench: Company) -> None:
    bench.granted_together()
    bench.publish(CONTROL, StopJob(GRACES, StopReason.CANCELLED))
    bench.steps()
    assert bench.child.orders[1:] == [Stop(GRACES)]
    bench.child_says(Broke(FailureReason.STOPPED, GRACES))
    assert bench.failures() == {GRACES: FailureReason.STOPPED}
    bench.child_says(Delivered((OUTPUT,), job=ADAS), Delivered((OUTPUT,), job=MARYS))
    assert {one.job for one in bench.said(JobRendered)} == {ADAS, MARYS}
    assert len(bench.children) == 1


def test_who_is_refused_is_left_out_and_the_others_begin(bench: Company) -> None:
    claims = bench.claimed_together()
    bench.refuse(claims[GRACES], ClaimRefusal.JOB_ENDED)
    for job in (ADAS, MARYS):
        bench.grant(claims[job])
    bench.steps()
    assert bench.started() == [{ADAS, MARYS}]
    assert bench.done() == 1


def test_a_granted_job_does_not_wait_for_an_answer_that_stays_away(bench: Company) -> None:
    claims = bench.claimed_together()
    bench.grant(claims[ADAS])
    bench.steps()
    assert bench.started() == []
    bench.now_s += LIMITS.company_s
    bench.steps()
    assert bench.started() == [{ADAS}]
    bench.grant(claims[GRACES])
    bench.grant(claims[MARYS])
    bench.steps()
    assert bench.started() == [{ADAS}]
    bench.child_says(Delivered((OUTPUT,)))
    assert bench.started() == [{ADAS}, {GRACES, MARYS}]


def test_a_grant_that_waited_until_its_addresses_expire_is_asked_for_anew(
    bench: Company,
) -> None:
    claims = bench.claimed_together()
    bench.grant(claims[ADAS])
    bench.grant(claims[GRACES])
    bench.now_s += LIMITS.company_s
    bench.refuse(claims[MARYS], ClaimRefusal.JOB_ENDED)
    bench.steps()
    bench.child_says(Broke(FailureReason.ENGINE_ERROR))
    assert bench.started()[1:] == [{ADAS}]
    for _ in range(3):
        bench.pass_by(STEP_LIMIT_S - 1)
        bench.child_says(Advanced(Phase.STEP, 1, 4))
    bench.child_says(Delivered((OUTPUT,)))
    assert bench.said(JobClaimed) == [claims[GRACES]]
    bench.grant(claims[GRACES])
    bench.steps()
    assert bench.started()[2:] == [{GRACES}]


def test_a_claim_that_ended_while_its_job_waited_says_what_became_of_it(bench: Company) -> None:
    claims = bench.granted_together()
    bench.child_says(Broke(FailureReason.ENGINE_ERROR))
    for _ in range(3):
        bench.pass_by(STEP_LIMIT_S - 1)
        bench.child_says(Advanced(Phase.STEP, 1, 4))
    bench.child_says(Delivered((OUTPUT,)))
    bench.refuse(claims[GRACES], ClaimRefusal.JOB_ENDED)
    bench.steps()
    assert bench.failures() == {GRACES: FailureReason.WORKER_LOST}


def test_an_error_of_the_engine_repeats_each_alone_once_before_it_fails_anyone(
    bench: Company,
) -> None:
    bench.granted_together()
    bench.child_says(Broke(FailureReason.ENGINE_ERROR))
    assert bench.failures() == {}
    first = bench.started()[-1]
    bench.child_says(Delivered((OUTPUT,)))
    second = bench.started()[-1]
    bench.child_says(Broke(FailureReason.ENGINE_ERROR))
    third = bench.started()[-1]
    bench.child_says(Delivered((OUTPUT,)))
    assert [first, second, third] == [{job} for job in JOBS_OF]
    assert bench.failures() == {GRACES: FailureReason.ENGINE_ERROR}
    assert len(bench.started()) == 4
    assert bench.done() == 3


def test_who_was_delivered_before_the_engine_broke_is_not_drawn_again(bench: Company) -> None:
    bench.granted_together()
    bench.child_says(Delivered((OUTPUT,), job=ADAS), Broke(FailureReason.ENGINE_ERROR))
    assert bench.started()[-1] == {GRACES}
    bench.child_says(Delivered((OUTPUT,)))
    assert bench.started()[-1] == {MARYS}


def test_an_error_that_is_one_jobs_own_fails_it_alone(bench: Company) -> None:
    bench.granted_together()
    bench.child_says(Broke(FailureReason.INPUT_UNAVAILABLE, GRACES))
    bench.child_says(Delivered((OUTPUT,), job=ADAS), Delivered((OUTPUT,), job=MARYS))
    assert bench.failures() == {GRACES: FailureReason.INPUT_UNAVAILABLE}
    assert len(bench.started()) == 1


def test_weights_that_are_not_here_fail_all_of_them_at_once(bench: Company) -> None:
    bench.granted_together()
    bench.child_says(Broke(FailureReason.ENGINE_ABSENT))
    assert bench.failures() == dict.fromkeys(JOBS_OF, FailureReason.ENGINE_ABSENT)


def test_a_child_that_dies_in_company_is_replaced_and_each_job_repeated_alone(
    bench: Company,
) -> None:
    bench.granted_together()
    bench.child.is_alive = False
    bench.steps()
    assert bench.failures() == {}
    assert bench.started() == [{ADAS}]
    bench.child.is_alive = False
    bench.steps()
    assert bench.failures() == {ADAS: FailureReason.WORKER_LOST}
    assert bench.started() == [{GRACES}]


def test_a_phase_that_takes_too_long_in_company_is_looked_at_one_by_one(bench: Company) -> None:
    bench.granted_together()
    bench.child_says(Advanced(Phase.STEP, 1, 4, job=ADAS))
    bench.pass_by(STEP_LIMIT_S + 1)
    assert bench.failures() == {}
    assert bench.started() == [{ADAS}]


def test_a_step_of_one_of_them_says_that_the_child_is_well(bench: Company) -> None:
    bench.granted_together()
    for _ in range(3):
        bench.child_says(Advanced(Phase.STEP, 1, 4, job=ADAS))
        bench.pass_by(STEP_LIMIT_S - 1)
    assert len(bench.children) == 1


def test_a_child_that_is_deaf_to_one_stop_costs_the_others_a_beginning_and_no_attempt(
    bench: Company,
) -> None:
    bench.granted_together()
    bench.publish(CONTROL, StopJob(GRACES, StopReason.CANCELLED))
    bench.steps()
    bench.pass_by(LIMITS.stop_grace_s)
    assert bench.failures() == {GRACES: FailureReason.STOPPED}
    assert bench.started() == [{ADAS}]


def test_a_job_that_is_stopped_while_it_waits_to_be_repeated_is_not(bench: Company) -> None:
    bench.granted_together()
    bench.child_says(Broke(FailureReason.ENGINE_ERROR))
    bench.publish(CONTROL, StopJob(GRACES, StopReason.CANCELLED))
    bench.steps()
    assert bench.failures() == {GRACES: FailureReason.STOPPED}
    bench.child_says(Delivered((OUTPUT,)))
    assert bench.started()[-1] == {MARYS}


def test_a_full_memory_fails_whom_it_was_said_of_and_the_next_batch_gets_a_new_child(
    bench: Company,
) -> None:
    bench.granted_together()
    bench.child_says(Broke(FailureReason.OUT_OF_MEMORY, GRACES))
    assert bench.failures() == {GRACES: FailureReason.OUT_OF_MEMORY}
    assert len(bench.children) == 1
    bench.child_says(Delivered((OUTPUT,), job=ADAS), Delivered((OUTPUT,), job=MARYS))
    assert len(bench.children) == 2


def test_a_claim_that_was_lost_meanwhile_stops_its_own_job_alone(bench: Company) -> None:
    claims = bench.granted_together()
    bench.now_s += 3 * LIMITS.silence_max_s
    bench.steps()
    assert len(bench.said(JobClaimed)) == 3
    bench.refuse(claims[GRACES], ClaimRefusal.STALE_ATTEMPT)
    bench.grant(claims[ADAS])
    bench.grant(claims[MARYS])
    bench.steps()
    assert [order for order in bench.child.orders if isinstance(order, Stop)] == [Stop(GRACES)]


def test_what_cannot_be_said_of_one_job_ends_that_one_alone(bench: Company) -> None:
    bench.granted_together()
    assert isinstance(bench.transport, RaisingTransport)
    bench.transport.chokes_on = GRACES
    bench.child_says(*(Delivered((OUTPUT,), job=job) for job in JOBS_OF))
    bench.steps(4)
    assert {one.job for one in bench.said(JobRendered)} == {ADAS, MARYS}
    assert bench.done() == 3


def test_told_to_end_a_worker_gives_all_of_them_back(bench: Company) -> None:
    claims = bench.claimed_together()
    bench.grant(claims[ADAS])
    bench.grant(claims[GRACES])
    bench.steps()
    bench.now_s += LIMITS.company_s
    ticking = bench.child.reports

    def reports(timeout_s: float) -> list[Delivered]:
        bench.now_s += LIMITS.drain_s / 2
        return [one for one in ticking(timeout_s) if isinstance(one, Delivered)]

    bench.child.reports = reports  # type: ignore[method-assign, assignment]
    bench.worker.run(already_set())
    assert bench.failures() == dict.fromkeys(JOBS_OF, FailureReason.WORKER_LOST)
    # The one that was never granted is read again.
    assert bench.done() == 2


def test_a_single_job_is_started_as_ever(bench: Company) -> None:
    bench.granted()
    assert [type(order) for order in bench.child.orders] == [Start]
