"""Two workers on Kafka, one of them killed in the middle of a job: the job is done all the same."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest

from domain.job import JobState
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.kafka.worker_process import worker_process
from topics.kafka import KafkaTransport
from topics.messages.results import JobClaimed, JobRendered
from topics.registry import RESULTS
from topics.transport import From

NAMES = ("ada-1", "ada-2")
LEASE_S = 3.0


class StudioWithoutWorker(LivingStudio):
    """Its workers are processes of the test's own."""

    def _worker(self, stop: threading.Event) -> None:
        stop.wait()


@pytest.fixture
def studio(
    database: str, admin_database: str, kafka: KafkaTransport, tmp_path: Path
) -> Iterator[LivingStudio]:
    with ExitStack() as stack:
        found = StudioWithoutWorker(database, admin_database, kafka, tmp_path, stack)
        found.start()
        yield found


@pytest.mark.kafka
@pytest.mark.parametrize("what_follows", ["it is started again", "it stays away"])
def test_the_job_of_a_killed_worker_is_done_by_whoever_is_there(
    studio: LivingStudio, kafka: KafkaTransport, own_broker: str, what_follows: str
) -> None:
    ada = studio.creator()
    claimed: dict[UUID, str] = {}
    done: dict[UUID, int] = {}
    workers = {name: worker_process(name, own_broker, LEASE_S) for name in NAMES}
    with kafka.broadcast([RESULTS], From.END) as results:
        results.poll(0.0)

        def heard(where: Mapping[UUID, object]) -> bool:
            for delivery in results.poll(0.1):
                match delivery.message:
                    case JobClaimed(job=job, worker=worker):
                        claimed[job] = worker
                    case JobRendered(job=job, attempt=attempt):
                        done[job] = attempt
            return job_id in where

        job_id = studio.draw(None, ada)
        studio.comes_to(job_id, ada, JobState.STARTED)
        until(lambda: heard(claimed), "somebody claimed it")
        victim = claimed[job_id]
        workers[victim].kill()
        workers[victim].join()
        if what_follows == "it is started again":
            workers[victim] = worker_process(victim, own_broker, LEASE_S)
        until(lambda: heard(done), "it is done")
    assert done[job_id] == 2
    for worker in workers.values():
        worker.terminate()
        worker.join(30.0)
