"""One broker for the tests of this folder: they kill and wipe, so it is never a given one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.kafka_broker import kafka_cluster
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings

FULL = os.environ.get("FAULTS") == "full"
"""Whether faults are injected in the numbers of `make faults`."""

LEASE_S = 3.0


@pytest.fixture(scope="session")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a broker of one node, with the topics of the registry."""
    folder: Path = tmp_path_factory.mktemp("own-broker")
    with kafka_cluster(folder, nodes=1) as cluster:
        KafkaTransport(KafkaSettings(cluster.bootstrap)).create_topics()
        yield cluster.bootstrap


@pytest.fixture
def kafka(own_broker: str) -> KafkaTransport:
    """The transport as every process has it."""
    return KafkaTransport(KafkaSettings(own_broker, lease_s=LEASE_S))


@pytest.fixture(scope="session")
def relay_kills() -> int:
    """How often a relay is killed."""
    return 200 if FULL else 8
