"""How figures are taken and printed: one JSON line a benchmark, always beside a baseline."""

import json
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from uuid import UUID

import structlog

from adapters.parts.kafka_search import any_broker
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import migrate

JARS_FOLDER = Path("var/parts/kafka")
ARRIVAL_TIMEOUT_S = 30.0


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


class Arrivals:
    """When each job came, noted on one thread and waited for on another."""

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._at_s: dict[UUID, float] = {}

    def note(self, job: UUID) -> None:
        """It is here. Only the first time counts."""
        with self._came:
            self._at_s.setdefault(job, perf_counter())
            self._came.notify_all()

    def when(self, job: UUID) -> float:
        """When it came, by `perf_counter`; waits for it."""
        with self._came:
            if not self._came.wait_for(lambda: job in self._at_s, ARRIVAL_TIMEOUT_S):
                raise TimeoutError(f"nothing came of {job}")
            return self._at_s[job]


@contextmanager
def beside(run: Callable[[threading.Event], None]) -> Iterator[None]:
    """`run` runs on a thread of its own until the block ends and its event is set."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


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
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        any_broker(os.environ.get("SUITE_KAFKA_BOOTSTRAP"), Path(folder), JARS_FOLDER) as address,
    ):
        yield address


def _rounded(value: float | str) -> float | str:
    return value if isinstance(value, str) else float(f"{value:.4g}")
