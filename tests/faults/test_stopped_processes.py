"""SIGSTOP of each process while it works, past its limits: it is restarted, and nothing is lost.

A stopped process holds what it holds: its name, its partitions, its locks. Only its supervisor can
end that. One that goes on in time lives on, and what it does too late changes nothing.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from uuid import UUID

import pytest

from commands.twin.withdraw_consent import WithdrawConsent
from domain.job import Job
from domain.job_state import AttemptFailure, JobState
from processes.settings import PROCESS_NAMES
from tests.faults.installed_studio import LEASE_S, InstalledStudio, installed_studio
from tests.faults.living import is_running
from tests.faults.oracle import until
from tests.faults.stage import (
    ANALYSER_IS_LOOKING,
    HOLD_ANALYSER,
    HOLD_PAINTER,
    PAINTER_IS_DRAWING,
)
from tests.faults.waiting_mutation import waiting_mutation

TURN_MAX_S = 6.0
"""Longer than a lease and its margin, so that a worker can lose its claim and live."""

FULL = os.environ.get("FAULTS") == "full"
ROUNDS = range(3 if FULL else 1)
"""How often each is stopped."""
PICTURE_MILLICREDITS = 50 + 2 * 25

alone = pytest.mark.skipif(
    not FULL, reason="with FAULTS=full; else all of them are stopped at once"
)


@pytest.fixture(scope="module")
def running() -> Iterator[InstalledStudio]:
    """One installation for all of these faults, one after the other."""
    with (
        TemporaryDirectory(prefix="suite-test-") as home,
        installed_studio(Path(home), turn_max_s=TURN_MAX_S) as studio,
    ):
        yield studio


@pytest.fixture
def studio(running: InstalledStudio) -> Iterator[InstalledStudio]:
    """The installation, with nothing held."""
    yield running
    for flag in (HOLD_PAINTER, PAINTER_IS_DRAWING, HOLD_ANALYSER, ANALYSER_IS_LOOKING):
        running.stage.lower_flag(flag)
    running.oracle.rest()


@pytest.fixture(scope="module")
def ada(running: InstalledStudio) -> UUID:
    """A creator with credits."""
    return running.creator()


@pytest.fixture
def spent(studio: InstalledStudio, ada: UUID) -> int:
    """What Ada had spent before the test."""
    spent: int = studio.wallet(ada)[2]
    return spent


def is_drawn(studio: InstalledStudio, ada: UUID) -> UUID:
    """A job that the worker's child is at work on."""
    studio.stage.lower_flag(PAINTER_IS_DRAWING)
    job = studio.draw(None, ada)
    studio.comes_to(job, ada, JobState.STARTED)
    until(lambda: studio.stage.is_up(PAINTER_IS_DRAWING), "the painter is at work")
    return job


def one_picture_is_paid(studio: InstalledStudio, job: UUID, owner: UUID, spent: int) -> None:
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    assert len(done.released) == 1
    assert studio.wallet(owner)[1:] == (0, spent + PICTURE_MILLICREDITS)


def failures_of(studio: InstalledStudio, job: UUID) -> list[AttemptFailure]:
    """Why attempts of a job ended, in order."""
    return [
        event.reason
        for _, event in studio.oracle.history()
        if isinstance(event, Job.AttemptFailed) and event.originator_id == job
    ]


@pytest.mark.parametrize("round_", ROUNDS)
def test_everything_stopped_at_once_is_started_again_and_every_job_ends(
    studio: InstalledStudio, ada: UUID, spent: int, round_: int
) -> None:
    with studio.flag(HOLD_PAINTER):
        jobs = [is_drawn(studio, ada), *(studio.draw(None, ada) for _ in range(2))]
        child = studio.child_of_worker()
        stopped = {name: studio.freeze(name) for name in PROCESS_NAMES}
        for name, pid in stopped.items():
            studio.comes_back(name, pid)
        # Its parent was stopped and could not end it.
        until(lambda: not is_running(child), "the worker's child is gone")
    for job in jobs:
        studio.comes_to(job, ada, JobState.COMPLETED)
    assert studio.wallet(ada)[1:] == (0, spent + 3 * PICTURE_MILLICREDITS)
    studio.reader_has_seen(jobs[-1], ada, JobState.COMPLETED)
    assert studio.is_ready()


def test_everything_that_goes_on_in_time_lives_on(
    studio: InstalledStudio, ada: UUID, spent: int
) -> None:
    with studio.flag(HOLD_PAINTER):
        job = is_drawn(studio, ada)
        stopped = {name: studio.freeze(name) for name in PROCESS_NAMES}
        Event().wait(LEASE_S / 3)
        for pid in stopped.values():
            os.kill(pid, signal.SIGCONT)
    one_picture_is_paid(studio, job, ada, spent)
    assert {name: studio.supervisor.pid(name) for name in PROCESS_NAMES} == stopped
    assert studio.job(job, ada).attempt == 1


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_worker_that_goes_on_past_its_lease_stops_drawing_and_draws_what_is_wanted(
    studio: InstalledStudio, ada: UUID, spent: int, round_: int
) -> None:
    with studio.flag(HOLD_PAINTER):
        job = is_drawn(studio, ada)
        pid, child = studio.freeze("worker"), studio.child_of_worker()
        until(lambda: studio.job(job, ada).attempt == 2, "the attempt is given up")
        os.kill(pid, signal.SIGCONT)
        # Still held: only a child that was told to stop is free for the second attempt.
        studio.comes_to(job, ada, JobState.STARTED)
    one_picture_is_paid(studio, job, ada, spent)
    assert (studio.supervisor.pid("worker"), studio.child_of_worker()) == (pid, child)
    assert failures_of(studio, job) == [AttemptFailure.LEASE_EXPIRED]
    until(lambda: "job.result-discarded" in studio.types_of(job), "the late report is discarded")


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_child_that_is_stopped_is_replaced_by_its_living_parent(
    studio: InstalledStudio, ada: UUID, spent: int, round_: int
) -> None:
    pid = studio.supervisor.pid("worker")
    with studio.flag(HOLD_PAINTER):
        job = is_drawn(studio, ada)
        child = studio.child_of_worker()
        os.kill(child, signal.SIGSTOP)
        until(lambda: studio.job(job, ada).attempt == 2, "the attempt is given up")
        until(lambda: not is_running(child), "the child is gone")
    one_picture_is_paid(studio, job, ada, spent)
    assert failures_of(studio, job) == [AttemptFailure.PHASE_TIMEOUT]
    assert studio.supervisor.pid("worker") == pid


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_screener_stopped_while_it_looks(
    studio: InstalledStudio, ada: UUID, spent: int, round_: int
) -> None:
    studio.stage.lower_flag(ANALYSER_IS_LOOKING)
    with studio.flag(HOLD_ANALYSER):
        job = studio.draw(None, ada)
        until(lambda: studio.stage.is_up(ANALYSER_IS_LOOKING), "the screener is at work")
        pid = studio.freeze("screener")
        studio.comes_back("screener", pid)
    one_picture_is_paid(studio, job, ada, spent)
    assert studio.job(job, ada).attempt == 1


@alone
@pytest.mark.parametrize("round_", ROUNDS)
def test_a_worker_stopped_while_its_child_draws(
    studio: InstalledStudio, ada: UUID, spent: int, round_: int
) -> None:
    with studio.flag(HOLD_PAINTER):
        job = is_drawn(studio, ada)
        child = studio.child_of_worker()
        studio.comes_back("worker", studio.freeze("worker"))
        until(lambda: not is_running(child), "the child is gone")
    one_picture_is_paid(studio, job, ada, spent)
    assert failures_of(studio, job) == [AttemptFailure.LEASE_EXPIRED]


@alone
@pytest.mark.parametrize("round_", ROUNDS)
@pytest.mark.parametrize("name", ["relay", "projector", "recorder", "reactor"])
def test_a_process_stopped_right_after_it_was_given_work(
    studio: InstalledStudio, ada: UUID, spent: int, name: str, round_: int
) -> None:
    job = studio.draw(None, ada)
    pid = studio.freeze(name)
    studio.comes_back(name, pid)
    one_picture_is_paid(studio, job, ada, spent)
    studio.reader_has_seen(job, ada, JobState.COMPLETED)


@alone
@pytest.mark.parametrize("round_", ROUNDS)
def test_a_reactor_stopped_while_a_withdrawal_waits_for_it(
    studio: InstalledStudio, round_: int
) -> None:
    grace = studio.creator()
    twin = studio.twin_with_photos(grace)
    with studio.flag(HOLD_PAINTER):
        job = studio.train(twin, grace)
        studio.comes_to(job, grace, JobState.STARTED)
        studio.does(WithdrawConsent(twin), grace)
        studio.comes_back("reactor", studio.freeze("reactor"))
        studio.comes_to(job, grace, JobState.CANCELLED)
    until(lambda: "twin.deleted" in studio.types_of(twin), "the deletion is on record")
    assert studio.wallet(grace)[1:] == (0, 0)


@alone
@pytest.mark.parametrize("round_", ROUNDS)
def test_a_watchdog_stopped_while_a_lost_attempt_waits_for_it(
    studio: InstalledStudio, ada: UUID, spent: int, round_: int
) -> None:
    with studio.flag(HOLD_PAINTER):
        job = is_drawn(studio, ada)
        pid = studio.freeze("watchdog")
        studio.kill("worker")
        studio.comes_back("watchdog", pid)
    one_picture_is_paid(studio, job, ada, spent)
    assert failures_of(studio, job) == [AttemptFailure.LEASE_EXPIRED]


@alone
@pytest.mark.parametrize("round_", ROUNDS)
def test_an_api_stopped_while_a_mutation_waits_is_asked_again_under_the_same_key(
    studio: InstalledStudio, round_: int
) -> None:
    with waiting_mutation(studio) as mutation:
        with mutation.in_flight():
            pid = studio.freeze("api")
        studio.comes_back("api", pid)
        mutation.is_made_once()


def test_afterwards_a_replay_from_event_zero_says_the_same_as_every_read_model_and_the_ledger(
    running: InstalledStudio,
) -> None:
    running.oracle.rest()
    running.oracle.check()
