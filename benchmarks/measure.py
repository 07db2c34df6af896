"""How figures are taken and printed: one JSON line a benchmark, always beside a baseline."""

import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import structlog

from adapters.parts.kafka import KafkaCluster, fetch_jars
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import migrate

JARS_FOLDER = Path("var/parts/kafka")


def report(name: str, baseline: str, **figures: float | str) -> None:
    """Print the line. `baseline` says what the ratio is to; it was measured in this run."""
    load = os.getloadavg()[0]
    rounded = {key: _rounded(value) for key, value in figures.items()}
    print(
        json.dumps({"benchmark": name, "baseline": baseline, **rounded, "load": round(load, 1)}),
        flush=True,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def seconds(do: Callable[[], object]) -> float:
    """How long it takes, by the wall clock."""
    began_s = perf_counter()
    do()
    return perf_counter() - began_s


def alternating(rounds: int, **sides: Callable[[], float]) -> dict[str, float]:
    """The median of each side. They take turns, so that a busy machine slows all of them."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            taken[name].append(side())
    return {name: quantile(values, 0.5) for name, values in taken.items()}


@contextmanager
def database() -> Iterator[tuple[str, str]]:
    """URLs of a fresh, durable, migrated database: of the processes, and of the superuser."""
    # What processes log in an installation, they log here: warnings.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        EmbeddedPostgres(Path(folder)) as server,
    ):
        migrate(server.admin_url())
        yield server.url(), server.admin_url()


@contextmanager
def broker() -> Iterator[str]:
    """The address of Apache Kafka: `SUITE_KAFKA_BOOTSTRAP`, or a node that ends with the block."""
    given = os.environ.get("SUITE_KAFKA_BOOTSTRAP")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        KafkaCluster(fetch_jars(JARS_FOLDER), Path(folder)) as cluster,
    ):
        yield cluster.bootstrap


def _rounded(value: float | str) -> float | str:
    return value if isinstance(value, str) else float(f"{value:.4g}")
