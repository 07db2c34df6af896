"""Workers that are stopped past their lease or killed: each job is done once, by whoever is there.

Workers are operating-system processes on Kafka. What must be true afterwards the oracle says, after
every fault, over everything that was stored before.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from uuid import UUID

import pytest

from commands.wallet.buy_credits import BuyCredits
from commands.wallet.confirm_payment import ConfirmPayment
from domain.job import Job
from domain.job_state import AttemptFailure, JobState
from tests.faults.oracle import until
from tests.faults.stage import HOLD_PAINTER
from tests.kafka.conftest import WORKER_FAULTS, StudioPlace
from tests.kafka.fault_count import FaultCount, counted
from tests.kafka.studio_on_kafka import StudioOnKafka, studio_on_kafka
from topics.kafka import KafkaTransport
from topics.messages.results import JobRendered
from topics.registry import Message

PICTURE_MILLICREDITS = 50 + 2 * 25
TRAINING_MILLICREDITS = 2_000 + 25 * 160
PICTURES = 2
PACKAGES = 2
"""Each pays for more than thirty trainings."""

BOTH = ("ada-1", "ada-2")

pytestmark = pytest.mark.kafka

Tally = Callable[[FaultCount], None]


@pytest.fixture(scope="module")
def running(place: StudioPlace, kafka: KafkaTransport) -> Iterator[StudioOnKafka]:
    """One studio for all of these faults, one after the other."""
    with studio_on_kafka(
        place.url, place.admin_url, place.bootstrap, kafka, place.folder
    ) as studio:
        yield studio


@pytest.fixture
def studio(running: StudioOnKafka) -> Iterator[StudioOnKafka]:
    """The studio, with nothing held."""
    yield running
    running.stage.lower_flag(HOLD_PAINTER)
    running.gate.let_go()


@pytest.fixture(scope="module")
def ada(running: StudioOnKafka) -> UUID:
    """A creator who can pay for all of this."""
    owner = running.creator()
    for _ in range(PACKAGES):
        bought = running.does(BuyCredits(package="atelier", provider="sandbox"), owner)
        running.does(
            ConfirmPayment(
                purchase_id=bought.purchase_id,
                payment_reference=f"payment of {bought.purchase_id}",
                amount_minor_units=bought.price_minor_units,
                currency=bought.currency,
            ),
            owner,
        )
    return owner


@pytest.fixture(scope="module")
def twin(running: StudioOnKafka, ada: UUID) -> UUID:
    """Her twin, whose photos were accepted."""
    return running.twin_with_photos(ada)


def costs_once(studio: StudioOnKafka, owner: UUID, job: UUID, spent: int, price: int) -> Job:
    """The job is done, and was paid once."""
    done = studio.comes_to(job, owner, JobState.COMPLETED)
    assert studio.wallet(owner)[1:] == (0, spent + price)
    assert done.attempt > 1
    return done


class Waking(StrEnum):
    """When a worker that was stopped for longer than its lease wakes up."""

    AFTERWARDS = "after another has done its job"
    MEANWHILE = "while another does its job"
    ALONE = "with nobody else there"


@pytest.mark.parametrize("waking", Waking)
def test_the_late_result_of_a_worker_stopped_for_longer_than_its_lease_is_refused(
    studio: StudioOnKafka, kafka: KafkaTransport, ada: UUID, tally: Tally, waking: Waking
) -> None:
    fault = f"worker stopped past its lease, wakes {waking}"
    studio.has_workers(*BOTH[: 1 if waking is Waking.ALONE else 2])
    with counted(fault, studio.oracle, kafka, tally) as runs:
        for _ in range(WORKER_FAULTS):
            spent = studio.wallet(ada)[2]
            with studio.flag(HOLD_PAINTER):
                job = studio.draw(None, ada)
                studio.is_stepping(job)
                first = studio.job(job, ada)
                assert first.worker is not None
                studio.stop_worker(first.worker)
                runs.number += 1
                until(partial(studio.reasons_of, job), "the attempt is ended for it")
                if waking is Waking.MEANWHILE:
                    studio.gate.hold(after=0)
            it_is_time_to_wake(studio, job, ada, waking)
            studio.wake_worker(first.worker)
            its_late_result_is_refused(studio, job, first)
            if waking is Waking.MEANWHILE:
                assert studio.job(job, ada).state is JobState.STARTED
            studio.gate.let_go()
            costs_once(studio, ada, job, spent, PICTURE_MILLICREDITS)


def it_is_time_to_wake(studio: StudioOnKafka, job: UUID, owner: UUID, waking: Waking) -> None:
    """The next attempt has come as far as it should."""
    match waking:
        case Waking.AFTERWARDS:
            studio.comes_to(job, owner, JobState.COMPLETED)
        case Waking.MEANWHILE:
            until(studio.gate.is_taking.is_set, "the other one uploads")
        case Waking.ALONE:
            assert studio.job(job, owner).state is JobState.REQUESTED


def its_late_result_is_refused(studio: StudioOnKafka, job: UUID, first: Job) -> None:
    """What the first attempt delivers after all is reported, refused and deleted."""

    def is_late(message: Message) -> bool:
        return isinstance(message, JobRendered) and message.claim_id == first.claim_id

    late = studio.hears(is_late, "the woken worker delivers")
    assert isinstance(late, JobRendered)
    assert late.attempt == 1
    assert len(late.outputs) == 1
    until(lambda: "job.result-discarded" in studio.types_of(job), "the result is refused")
    assert studio.reasons_of(job)[0] == AttemptFailure.LEASE_EXPIRED
    until(lambda: not [*studio.objects.keys(f"quarantine/{job}/1/")], "its bytes are deleted")


def is_killed(studio: StudioOnKafka, job: UUID, owner: UUID, run: int) -> None:
    """kill -9 of the worker that is at it. Every other time it is started again at once."""
    victim = studio.job(job, owner).worker
    assert victim is not None
    studio.kill_worker(victim)
    if run % 2:
        studio.has_workers(*BOTH)


def test_a_worker_killed_while_it_draws(
    studio: StudioOnKafka, kafka: KafkaTransport, ada: UUID, tally: Tally
) -> None:
    with counted("worker killed while it draws", studio.oracle, kafka, tally) as runs:
        # Once with a worker that is started again, and once with one that stays away.
        for _ in range(2 * WORKER_FAULTS):
            studio.has_workers(*BOTH)
            spent = studio.wallet(ada)[2]
            with studio.flag(HOLD_PAINTER):
                job = studio.draw(None, ada)
                studio.is_stepping(job)
                is_killed(studio, job, ada, runs.number)
                runs.number += 1
            costs_once(studio, ada, job, spent, PICTURE_MILLICREDITS)


def test_a_worker_killed_in_the_middle_of_a_training(
    studio: StudioOnKafka, kafka: KafkaTransport, ada: UUID, twin: UUID, tally: Tally
) -> None:
    with counted("worker killed while it trains", studio.oracle, kafka, tally) as runs:
        for _ in range(WORKER_FAULTS):
            studio.has_workers(*BOTH)
            spent = studio.wallet(ada)[2]
            with studio.flag(HOLD_PAINTER):
                job = studio.train(twin, ada)
                studio.is_stepping(job)
                is_killed(studio, job, ada, runs.number)
                runs.number += 1
            costs_once(studio, ada, job, spent, TRAINING_MILLICREDITS)


@pytest.mark.parametrize("what", ["pictures", "a training"])
def test_a_worker_killed_in_the_middle_of_an_upload(
    studio: StudioOnKafka, kafka: KafkaTransport, ada: UUID, twin: UUID, tally: Tally, what: str
) -> None:
    price = TRAINING_MILLICREDITS if what == "a training" else PICTURES * PICTURE_MILLICREDITS
    with counted(f"worker killed while it uploads {what}", studio.oracle, kafka, tally) as runs:
        for _ in range(WORKER_FAULTS):
            studio.has_workers(*BOTH)
            spent = studio.wallet(ada)[2]
            studio.gate.hold(after=1)
            if what == "a training":
                job = studio.train(twin, ada)
            else:
                job = studio.draw(None, ada, pictures=PICTURES)
            until(studio.gate.is_taking.is_set, "the second object is half there")
            is_killed(studio, job, ada, runs.number)
            runs.number += 1
            # One object is whole, and there is no trace of the other.
            assert len([*studio.objects.keys(f"quarantine/{job}/1/")]) == 1
            studio.gate.let_go()
            costs_once(studio, ada, job, spent, price)
