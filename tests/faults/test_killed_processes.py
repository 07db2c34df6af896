"""kill -9 of each process while it works: nothing is lost, nothing costs twice, every job ends.

What must be true of everything that was stored is said once, by the oracle, at the very end.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import pytest

from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import open_pool
from commands.handlers import HANDLERS
from commands.jobs.request_images import RequestImages
from commands.studio import Studio
from commands.twin.withdraw_consent import WithdrawConsent
from domain.events import STORED_FORM
from domain.job_state import JobFailure, JobState
from domain.kernel.identity import job_id
from domain.kernel.personal_text import PersonalText
from domain.object_keys import quarantine_prefix
from processes.secrets import load_secrets
from processes.settings import PROCESS_NAMES
from processes.wiring.clock import system_clock
from tests.faults.breaking_connection import breaking_connection
from tests.faults.installed_studio import InstalledStudio, installed_studio
from tests.faults.oracle import until
from tests.faults.stage import (
    ANALYSER_IS_LOOKING,
    HOLD_ANALYSER,
    HOLD_PAINTER,
    HOLD_UPLOAD,
    OUT_OF_MEMORY,
    STORE_IS_FULL,
)
from tests.faults.waiting_mutation import waiting_mutation
from tests.flow.test_clips import CLIP_MILLICREDITS, animate

PICTURE_MILLICREDITS = 50 + 2 * 25


@pytest.fixture(scope="module")
def running() -> Iterator[InstalledStudio]:
    """One installation for all of these faults, one after the other."""
    with TemporaryDirectory(prefix="suite-test-") as home, installed_studio(Path(home)) as studio:
        yield studio


@pytest.fixture
def studio(running: InstalledStudio) -> Iterator[InstalledStudio]:
    """The installation, with nothing held."""
    yield running
    for flag in (
        HOLD_PAINTER,
        HOLD_UPLOAD,
        HOLD_ANALYSER,
        ANALYSER_IS_LOOKING,
        OUT_OF_MEMORY,
        STORE_IS_FULL,
    ):
        running.stage.lower_flag(flag)


@pytest.fixture(scope="module")
def ada(running: InstalledStudio) -> UUID:
    """A creator with credits."""
    return running.creator()


@pytest.fixture
def spent(studio: InstalledStudio, ada: UUID) -> int:
    """What Ada had spent before the test."""
    spent: int = studio.wallet(ada)[2]
    return spent


def one_picture_is_paid(studio: InstalledStudio, job: UUID, owner: UUID, spent: int) -> None:
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    assert len(done.released) == 1
    assert studio.wallet(owner)[1:] == (0, spent + PICTURE_MILLICREDITS)


def test_a_worker_killed_while_it_draws(studio: InstalledStudio, ada: UUID, spent: int) -> None:
    with studio.flag(HOLD_PAINTER):
        job = studio.draw(None, ada)
        studio.comes_to(job, ada, JobState.STARTED)
        studio.kill("worker")
    one_picture_is_paid(studio, job, ada, spent)
    assert studio.job(job, ada).attempt == 2


def test_a_worker_out_of_memory(studio: InstalledStudio, ada: UUID, spent: int) -> None:
    studio.stage.raise_flag(OUT_OF_MEMORY)
    job = studio.draw(None, ada)
    one_picture_is_paid(studio, job, ada, spent)
    assert studio.job(job, ada).attempt == 2


def test_a_screener_killed_while_it_looks(studio: InstalledStudio, ada: UUID, spent: int) -> None:
    studio.stage.lower_flag(ANALYSER_IS_LOOKING)
    with studio.flag(HOLD_ANALYSER):
        job = studio.draw(None, ada)
        until(lambda: studio.stage.is_up(ANALYSER_IS_LOOKING), "the screener is at work")
        studio.kill("screener")
    one_picture_is_paid(studio, job, ada, spent)
    assert studio.job(job, ada).attempt == 1


def test_a_worker_and_a_screener_killed_over_a_clip(
    studio: InstalledStudio, ada: UUID, spent: int
) -> None:
    studio.stage.lower_flag(ANALYSER_IS_LOOKING)
    with studio.flag(HOLD_ANALYSER):
        with studio.flag(HOLD_PAINTER):
            job = animate(studio, ada)
            studio.comes_to(job, ada, JobState.STARTED)
            studio.kill("worker")
        until(lambda: studio.stage.is_up(ANALYSER_IS_LOOKING), "the screener is at work")
        studio.kill("screener")
    done = studio.comes_to(job, ada, JobState.COMPLETED)
    assert (done.attempt, len(done.released)) == (2, 1)
    assert studio.wallet(ada)[1:] == (0, spent + CLIP_MILLICREDITS)


def test_a_worker_killed_when_half_of_a_clip_has_left_it(
    studio: InstalledStudio, ada: UUID, spent: int
) -> None:
    with studio.flag(HOLD_UPLOAD):
        job = animate(studio, ada)
        until(lambda: studio.stage.is_reached(HOLD_UPLOAD), "half of the clip is on its way")
        studio.kill("worker")
    done = studio.comes_to(job, ada, JobState.COMPLETED)
    assert (done.attempt, len(done.released)) == (2, 1)
    assert studio.wallet(ada)[1:] == (0, spent + CLIP_MILLICREDITS)
    [clip] = done.outputs
    assert clip.object_key.startswith(f"{quarantine_prefix(job)}2/")
    until(
        lambda: not list(studio.objects.keys(quarantine_prefix(job))),
        "nothing of either attempt is left in quarantine",
    )


@pytest.mark.parametrize("name", ["relay", "projector"])
def test_a_process_killed_right_after_it_was_given_work(
    studio: InstalledStudio, ada: UUID, spent: int, name: str
) -> None:
    job = studio.draw(None, ada)
    old_pid = studio.kill(name)
    one_picture_is_paid(studio, job, ada, spent)
    studio.reader_has_seen(job, ada, JobState.COMPLETED)
    studio.comes_back(name, old_pid)


def test_a_recorder_killed_as_soon_as_it_has_granted(
    studio: InstalledStudio, ada: UUID, spent: int
) -> None:
    with studio.flag(HOLD_PAINTER):
        job = studio.draw(None, ada)
        studio.comes_to(job, ada, JobState.STARTED)
        studio.kill("recorder")
    one_picture_is_paid(studio, job, ada, spent)


def test_a_reactor_killed_while_a_withdrawal_waits_for_it(studio: InstalledStudio) -> None:
    grace = studio.creator()
    twin = studio.twin_with_photos(grace)
    with studio.flag(HOLD_PAINTER):
        job = studio.train(twin, grace)
        studio.comes_to(job, grace, JobState.STARTED)
        studio.does(WithdrawConsent(twin), grace)
        studio.kill("reactor")
        studio.comes_to(job, grace, JobState.CANCELLED)
    places = (f"photos/{twin}/", f"templates/{twin}/", f"uploads/{grace}/{twin}/")
    until(lambda: not [key for place in places for key in studio.objects.keys(place)], "deleted")
    until(lambda: "twin.deleted" in studio.types_of(twin), "the deletion is on record")
    assert studio.wallet(grace)[1:] == (0, 0)


def test_a_watchdog_killed_while_a_lost_attempt_waits_for_it(
    studio: InstalledStudio, ada: UUID, spent: int
) -> None:
    with studio.flag(HOLD_PAINTER):
        job = studio.draw(None, ada)
        studio.comes_to(job, ada, JobState.STARTED)
        studio.kill("worker")
        studio.kill("watchdog")
    one_picture_is_paid(studio, job, ada, spent)
    assert studio.job(job, ada).attempt == 2


def test_a_full_object_store_fails_the_job_and_not_the_next_one(
    studio: InstalledStudio, ada: UUID, spent: int
) -> None:
    with studio.flag(STORE_IS_FULL):
        job = studio.draw(None, ada)
        studio.comes_to(job, ada, JobState.FAILED)
    assert studio.why_it_failed(job) == JobFailure.ATTEMPTS_EXHAUSTED
    assert studio.wallet(ada)[1:] == (0, spent)
    one_picture_is_paid(studio, studio.draw(None, ada), ada, spent)


def test_a_request_whose_answer_was_lost_after_its_commit(
    studio: InstalledStudio, ada: UUID, spent: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = uuid4()
    request = RequestImages(
        engine="pocket",
        prompt=PersonalText("a lighthouse in fog"),
        count=1,
        price_version=1,
        session_jurisdiction="XX",
    )
    secret = load_secrets(studio.home / "secrets").command_args
    folder: Path = tmp_path_factory.mktemp("way")
    with (
        breaking_connection(studio.url, folder) as (url, way),
        open_pool(url, "writer", size_max=2) as writers,
    ):
        store = PostgresEventStore(writers, STORED_FORM, studio.keys)
        door = Studio(store, HANDLERS, system_clock, secret)
        way.lose_answers(1)
        opened = door.execute(request, owner_id=ada, key=key).result
    assert opened.job_id == job_id(ada, key)
    assert studio.types_of(opened.job_id).count("job.requested") == 1
    one_picture_is_paid(studio, opened.job_id, ada, spent)


def test_an_api_killed_while_a_mutation_waits_is_asked_again_under_the_same_key(
    studio: InstalledStudio,
) -> None:
    with waiting_mutation(studio) as mutation:
        with mutation.in_flight():
            old_pid = studio.kill("api")
        studio.comes_back("api", old_pid)
        mutation.is_made_once()


def test_everything_killed_at_once(studio: InstalledStudio, ada: UUID, spent: int) -> None:
    with studio.flag(HOLD_PAINTER):
        jobs = [studio.draw(None, ada) for _ in range(3)]
        until(
            lambda: any(studio.job(job, ada).state is JobState.STARTED for job in jobs),
            "one of them is drawn",
        )
        for name in PROCESS_NAMES:
            studio.kill(name)
    for job in jobs:
        studio.comes_to(job, ada, JobState.COMPLETED)
    assert studio.wallet(ada)[1:] == (0, spent + 3 * PICTURE_MILLICREDITS)


def test_everything_stopped_in_the_middle_and_started_again(
    studio: InstalledStudio, ada: UUID, spent: int
) -> None:
    with studio.flag(HOLD_PAINTER):
        jobs = [studio.draw(None, ada) for _ in range(3)]
        until(
            lambda: studio.job(jobs[0], ada).state is not JobState.REQUESTED, "the first is begun"
        )
        studio.stop()
    assert studio.oracle.open_jobs()
    studio.start()
    for job in jobs:
        studio.comes_to(job, ada, JobState.COMPLETED)
    assert studio.wallet(ada)[1:] == (0, spent + 3 * PICTURE_MILLICREDITS)


def test_afterwards_a_replay_from_event_zero_says_the_same_as_every_read_model_and_the_ledger(
    running: InstalledStudio,
) -> None:
    running.oracle.rest()
    running.oracle.check()
