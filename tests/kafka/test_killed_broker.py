"""One broker of three is killed in the middle of a job: the job is done, and nothing is lost."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from adapters.parts.kafka import KafkaCluster
from domain.job_state import JobState
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.kafka.conftest import BROKER_KILLS
from tests.kafka.fault_count import FaultCount, counted
from tests.parts.kafka_broker import kafka_cluster
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.registry import TOPICS

NODES = 3
LEASE_S = 10.0
PICTURE_MILLICREDITS = 50 + 2 * 25


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[KafkaCluster]:
    """Three brokers, of which two have to acknowledge."""
    with kafka_cluster(tmp_path / "brokers", nodes=NODES) as found:
        yield found


@pytest.fixture
def replicated(cluster: KafkaCluster) -> KafkaTransport:
    """The transport over all three."""
    return KafkaTransport(KafkaSettings(cluster.bootstrap, replication=NODES, lease_s=LEASE_S))


@pytest.fixture
def studio(
    database: str,
    admin_database: str,
    cluster: KafkaCluster,
    replicated: KafkaTransport,
    tmp_path: Path,
) -> Iterator[LivingStudio]:
    """A studio all of whose processes speak and hear over it."""
    with ExitStack() as stack:
        found = LivingStudio(database, admin_database, replicated, tmp_path, stack)
        found.lease_s = 2 * LEASE_S
        # A process that starts meets whichever broker, and ends where that one knows no topics.
        until(partial(every_replica_is_in_sync, cluster), "all brokers know all topics")
        found.start()
        yield found


def every_replica_is_in_sync(cluster: KafkaCluster) -> bool:
    """Whether each broker knows every topic, and another one may be lost."""
    return all(_sees_every_replica(broker.bootstrap) for broker in cluster.brokers)


def _sees_every_replica(bootstrap: str) -> bool:
    admin = KafkaAdminClient(bootstrap_servers=[bootstrap])
    described = admin.describe_topics([topic.name for topic in TOPICS])
    admin.close()
    in_sync = [len(one["isr_nodes"]) for topic in described for one in topic["partitions"]]
    return in_sync == [NODES] * sum(topic.partitions for topic in TOPICS)


@pytest.mark.kafka
def test_the_loss_of_one_broker_of_three_in_the_middle_of_a_job_costs_nobody_anything(
    studio: LivingStudio,
    cluster: KafkaCluster,
    replicated: KafkaTransport,
    tally: Callable[[FaultCount], None],
) -> None:
    ada = studio.creator()
    with counted("one broker of three killed", studio.oracle, replicated, tally) as runs:
        for number in range(BROKER_KILLS):
            if number:
                # The last one comes back before the next one goes.
                cluster.brokers[(number - 1) % NODES].start()
            until(partial(every_replica_is_in_sync, cluster), "another one may be lost")
            spent = studio.wallet(ada)[2]
            studio.painter.hold()
            job = studio.draw(None, ada)
            studio.is_drawn(job, ada)
            cluster.brokers[number % NODES].kill()
            runs.number += 1
            studio.painter.let_go()
            studio.comes_to(job, ada, JobState.COMPLETED)
            assert studio.wallet(ada)[1:] == (0, spent + PICTURE_MILLICREDITS)
