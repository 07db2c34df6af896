"""A projector that is killed wherever it stands: its read models are those of a replay."""

import random
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.process import BaseProcess
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.faults.oracle import until
from tests.faults.stage import stage_of
from tests.flow.living_studio import KEK, LivingStudio
from tests.kafka.conftest import LEASE_S, PROJECTOR_KILLS, StudioPlace
from tests.kafka.fault_count import FaultCount, counted
from tests.kafka.projector_process import HOLD_OFFSETS, projector_process
from topics.kafka import KafkaTransport

SEED = 20_260_505
PATIENCE_S = 60.0

pytestmark = pytest.mark.kafka

Tally = Callable[[FaultCount], None]


class StudioWithoutProjector(LivingStudio):
    """Its projector is a process of the test's own."""

    def _projector(self, stop: Event) -> None:
        stop.wait()


class KilledProjector:
    """Starts projectors one after the other, and kills each."""

    def __init__(self, place: StudioPlace) -> None:
        self.stage = stage_of(place.folder)
        self._place = place
        self._process: BaseProcess | None = None

    def start(self) -> BaseProcess:
        """Start the next one, under the name of the last."""
        place = self._place
        self._process = projector_process(place.url, place.bootstrap, LEASE_S, KEK, place.folder)
        return self._process

    def kill(self) -> None:
        """kill -9, and make sure that it was still alive."""
        assert self._process is not None
        self._process.kill()
        self._process.join(PATIENCE_S)
        assert self._process.exitcode == -signal.SIGKILL

    def end(self) -> None:
        """Have the last one leave its group."""
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
            self._process.join(PATIENCE_S)
            assert self._process.exitcode == 0


@pytest.fixture(scope="module")
def studio(place: StudioPlace, kafka: KafkaTransport) -> Iterator[LivingStudio]:
    """One studio for all of these faults, one after the other."""
    with ExitStack() as stack:
        found = StudioWithoutProjector(place.url, place.admin_url, kafka, place.folder, stack)
        found.start()
        yield found


@pytest.fixture(scope="module")
def ada(studio: LivingStudio) -> UUID:
    """A creator with credits."""
    return studio.creator()


@pytest.fixture
def projector(studio: LivingStudio, place: StudioPlace) -> Iterator[KilledProjector]:
    """What starts and kills the projector of the studio."""
    projector = KilledProjector(place)
    yield projector
    projector.stage.lower_flag(HOLD_OFFSETS)
    projector.end()


@contextmanager
def jobs_table_is_held(admin_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Nobody changes rows of jobs inside the block, and whoever wants to waits."""
    with psycopg.connect(admin_url) as admin:
        admin.execute("LOCK TABLE views.jobs IN SHARE MODE")
        yield admin
        admin.rollback()


def it_waits_inside_its_transaction(admin: psycopg.Connection[Any]) -> bool:
    """Whether a projector has begun to write and cannot go on."""
    # Not from pg_stat_activity: that stands still for the length of the asking transaction.
    found = admin.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'views.jobs'::regclass"
    ).fetchone()
    return found is not None and found[0] > 0


def test_a_projector_killed_in_the_middle_of_its_transaction(
    studio: LivingStudio, kafka: KafkaTransport, ada: UUID, projector: KilledProjector, tally: Tally
) -> None:
    with counted("projector killed in its transaction", studio.oracle, kafka, tally) as runs:
        for _ in range(PROJECTOR_KILLS):
            with jobs_table_is_held(studio.admin_url) as admin:
                projector.start()
                studio.draw(None, ada)
                until(partial(it_waits_inside_its_transaction, admin), "it is writing")
                projector.kill()
            runs.number += 1
        projector.start()


def test_a_projector_killed_between_the_commit_of_rows_and_the_commit_of_offsets(
    studio: LivingStudio, kafka: KafkaTransport, ada: UUID, projector: KilledProjector, tally: Tally
) -> None:
    fault = "projector killed between rows and offsets"
    with counted(fault, studio.oracle, kafka, tally) as runs:
        for _ in range(PROJECTOR_KILLS):
            projector.stage.raise_flag(HOLD_OFFSETS)
            projector.start()
            studio.draw(None, ada)
            until(partial(projector.stage.is_reached, HOLD_OFFSETS), "rows are committed")
            projector.kill()
            projector.stage.lower_flag(HOLD_OFFSETS)
            runs.number += 1
        projector.start()


def test_a_projector_killed_at_any_moment(
    studio: LivingStudio, kafka: KafkaTransport, ada: UUID, projector: KilledProjector, tally: Tally
) -> None:
    chance = random.Random(SEED)
    with counted("projector killed at any moment", studio.oracle, kafka, tally) as runs:
        began = projector.start()
        studio.oracle.rest()
        for _ in range(PROJECTOR_KILLS):
            studio.draw(None, ada)
            began.join(chance.uniform(0.0, 1.5))
            projector.kill()
            runs.number += 1
            began = projector.start()
