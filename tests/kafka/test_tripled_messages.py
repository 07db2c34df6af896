"""Every message three times, and partitions out of step: whole journeys end as they always do."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import UUID

import pytest

from commands.jobs.cancel_job import CancelJob
from domain.job_state import JobState
from domain.price_list import CANCEL_SHARE_THOUSANDTHS
from queries.gallery.filtering import GalleryFilter
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.kafka.conftest import TRIPLED_JOURNEYS, StudioPlace
from tests.kafka.fault_count import FaultCount, counted
from tests.kafka.tripled_transport import TripledTransport
from topics.kafka import KafkaTransport

SEED = 20_260_506
PICTURES = 2
SAMPLES = 3
PICTURE_MILLICREDITS = 50 + 2 * 25
CALLED_OFF_MILLICREDITS = PICTURE_MILLICREDITS * CANCEL_SHARE_THOUSANDTHS // 1_000
SPENT_MILLICREDITS = 2_000 + 25 * 160 + PICTURES * PICTURE_MILLICREDITS + CALLED_OFF_MILLICREDITS

pytestmark = pytest.mark.kafka


@pytest.fixture
def tripled(kafka: KafkaTransport) -> TripledTransport:
    """Kafka at its worst."""
    return TripledTransport(kafka, SEED)


@pytest.fixture
def studio(place: StudioPlace, tripled: TripledTransport) -> Iterator[LivingStudio]:
    """A studio all of whose processes speak and hear over it."""
    with ExitStack() as stack:
        found = LivingStudio(place.url, place.admin_url, tripled, place.folder, stack)
        found.start()
        yield found


def walks(studio: LivingStudio) -> UUID:
    """From the sign-up over photos and a training to two pictures; one more is called off."""
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    studio.painter.hold()
    called_off = studio.draw(None, owner)
    studio.is_drawn(called_off, owner)
    studio.does(CancelJob(called_off), owner)
    studio.painter.let_go()
    studio.comes_to(studio.draw(twin, owner, pictures=PICTURES), owner, JobState.COMPLETED)
    studio.comes_to(called_off, owner, JobState.CANCELLED)
    return owner


def all_is_as_usual(studio: LivingStudio, owner: UUID) -> None:
    """What she has paid, and what she sees of it."""
    assert studio.wallet(owner)[1:] == (0, SPENT_MILLICREDITS)
    until(lambda: studio.balance_of(owner).spent == SPENT_MILLICREDITS, "her balance shows it")
    assert len(studio.gallery_of(owner)) == PICTURES
    assert len(studio.gallery_of(owner, GalleryFilter(kinds=("sample",)))) == SAMPLES


def test_journeys_end_as_usual_where_every_message_comes_three_times_and_out_of_step(
    studio: LivingStudio, kafka: KafkaTransport, tally: Callable[[FaultCount], None]
) -> None:
    fault = "every message three times, partitions out of step"
    with counted(fault, studio.oracle, kafka, tally) as runs:
        for _ in range(TRIPLED_JOURNEYS):
            owner = walks(studio)
            runs.number += 1
            all_is_as_usual(studio, owner)
