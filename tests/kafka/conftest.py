"""One broker for the tests of this folder: they kill and wipe, so it is never a given one."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from tests.conftest import TEMPLATE
from tests.kafka.fault_count import PROPERTY, FaultCount
from tests.kafka.wiped import wipe
from tests.parts.kafka_broker import kafka_cluster
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings

FULL = os.environ.get("FAULTS") == "full"
"""Whether faults are injected in the numbers of `make faults`."""

RELAY_KILLS = 200 if FULL else 8
RELAY_HELD_KILLS = 20 if FULL else 2
"""At each of the two places where it is held."""
WORKER_FAULTS = 20 if FULL else 1
"""Of each kind: stopped, killed while it trains, killed while it uploads, and so on."""
PROJECTOR_KILLS = 20 if FULL else 3
"""At each of the places where a projector is killed."""
TRIPLED_JOURNEYS = 10 if FULL else 1
BROKER_KILLS = 6 if FULL else 1
WIPES = 10 if FULL else 1

LEASE_S = 3.0

_numbers = count(1)


class StudioPlace(NamedTuple):
    """A database and topics that hold nothing, for the tests of one module."""

    url: str
    admin_url: str
    bootstrap: str
    folder: Path


@pytest.fixture(scope="session")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a broker of one node, with the topics of the registry."""
    folder: Path = tmp_path_factory.mktemp("own-broker")
    with kafka_cluster(folder, nodes=1) as cluster:
        KafkaTransport(KafkaSettings(cluster.bootstrap)).create_topics()
        yield cluster.bootstrap


@pytest.fixture(scope="module")
def kafka(own_broker: str) -> KafkaTransport:
    """The transport as every process has it."""
    return KafkaTransport(KafkaSettings(own_broker, lease_s=LEASE_S))


@pytest.fixture(scope="module")
def place(
    postgres_server: EmbeddedPostgres, own_broker: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StudioPlace]:
    """Where a studio begins anew. What earlier modules had in the topics is gone."""
    name = f"on_kafka_{next(_numbers)}"
    postgres_server.create_database(name, template=TEMPLATE)
    wipe(own_broker)
    yield StudioPlace(
        postgres_server.url(name),
        postgres_server.admin_url(name),
        own_broker,
        tmp_path_factory.mktemp("on-kafka"),
    )
    postgres_server.drop_database(name)


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Callable[[FaultCount], None]:
    """Takes what came of a fault, for the table at the end of the run."""

    def take(count: FaultCount) -> None:
        record_property(PROPERTY, count.line())

    return take
