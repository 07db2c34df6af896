"""Where the demo on Kafka lives: beside the broker that is given, or with one of its own."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.parts.kafka import KafkaCluster, fetch_jars
from processes.settings import PREFIX

BOOTSTRAP = f"{PREFIX}KAFKA_BOOTSTRAP"
JARS_FOLDER = Path("var/parts/kafka")


@contextmanager
def home_on_kafka(out: Path, on_step: Callable[[str], None]) -> Iterator[Path]:
    """A home for the demo. Inside the block `SUITE_KAFKA_BOOTSTRAP` names a broker, for us and for
    what we start.

    Raises `PartUnavailable` and `BrokerFailed`.
    """
    if os.environ.get(BOOTSTRAP):
        # It remembers what an earlier run published, so the database has to be that run's as well.
        yield out / "suite"
        return
    on_step("fetching Apache Kafka, unless it is here")
    jars = fetch_jars(JARS_FOLDER)
    on_step("starting Apache Kafka")
    with (
        tempfile.TemporaryDirectory(prefix="suite-") as folder,
        KafkaCluster(jars, Path(folder) / "kafka") as cluster,
    ):
        os.environ[BOOTSTRAP] = cluster.bootstrap
        try:
            yield Path(folder) / "suite"
        finally:
            del os.environ[BOOTSTRAP]
