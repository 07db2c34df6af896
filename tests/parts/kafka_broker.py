"""Where tests find Apache Kafka: a given broker, or one of their own from the Maven jars."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.parts.kafka import KafkaCluster, PartUnavailable, fetch_jars

BOOTSTRAP_VARIABLE = "SUITE_KAFKA_BOOTSTRAP"
JARS_FOLDER = Path("var/parts/kafka")


@contextmanager
def kafka_bootstrap(folder: Path) -> Iterator[str]:
    """The address of a broker that serves. `folder` takes the data of one that is started here.

    Skips the test with the reason where there is none; under `CI=true` that is a failure.
    """
    given = os.environ.get(BOOTSTRAP_VARIABLE)
    if given:
        yield given
        return
    with KafkaCluster(_jars(), folder) as cluster:
        yield cluster.bootstrap


@contextmanager
def kafka_cluster(folder: Path, nodes: int) -> Iterator[KafkaCluster]:
    """A cluster of the test's own, whose brokers it may kill. Skips as `kafka_bootstrap` does."""
    with KafkaCluster(_jars(), folder, nodes=nodes) as cluster:
        yield cluster


def _jars() -> Path:
    try:
        return fetch_jars(JARS_FOLDER)
    except PartUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{BOOTSTRAP_VARIABLE} is not set, and {error}")
        pytest.skip(f"{BOOTSTRAP_VARIABLE} is not set, and {error}")
