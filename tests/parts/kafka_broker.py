"""Where tests find Apache Kafka: a given broker, or one of their own from an image or the jars."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from adapters.parts.kafka import KafkaCluster, PartUnavailable, fetch_jars
from adapters.parts.kafka_search import any_broker

BOOTSTRAP_VARIABLE = "SUITE_KAFKA_BOOTSTRAP"
JARS_FOLDER = Path("var/parts/kafka")


@contextmanager
def kafka_bootstrap(folder: Path) -> Iterator[str]:
    """The address of a broker that serves. `folder` takes the data of one that is started here.

    Skips the test with the reason where there is none; under `CI=true` that is a failure.
    """
    with ExitStack() as stack:
        try:
            given = os.environ.get(BOOTSTRAP_VARIABLE)
            address = stack.enter_context(any_broker(given, folder, JARS_FOLDER))
        except PartUnavailable as error:
            _do_without(f"{BOOTSTRAP_VARIABLE} is not set, and {error}")
        yield address


@contextmanager
def kafka_cluster(
    folder: Path,
    nodes: int,
    *,
    settings: Mapping[str, str] | None = None,
    listeners: Sequence[str] = (),
) -> Iterator[KafkaCluster]:
    """A cluster of the test's own, whose brokers it may kill and set as it likes: from the jars.

    Skips as `kafka_bootstrap` does.
    """
    try:
        jars = fetch_jars(JARS_FOLDER)
    except PartUnavailable as error:
        _do_without(f"a broker that may be killed comes from the jars: {error}")
    with KafkaCluster(jars, folder, nodes=nodes, settings=settings, listeners=listeners) as cluster:
        yield cluster


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
