"""How many events a reader misses that follows a store while many write to it.

It asks again and again for what stands behind the last position it saw, as every relay does. The
baseline is the library's recorder with its database functions, which takes no lock: a transaction
that commits late may have taken an early position, which the reader has then passed.
"""

import argparse
import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from uuid import uuid4

from eventsourcing.persistence import StoredEvent

from adapters.event_store.log import READ_LIMIT_MAX, EventLog
from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import open_pool
from benchmarks.measure import database, report
from benchmarks.stock_studio import stock_recorder

EVENTS = 100_000
WRITERS = 6
EVENTS_PER_SAVE_MAX = 50
DATA = b'{"v":1,"timestamp":"2026-05-04T08:00:00Z","text":"a lighthouse in fog, at dusk"}'


@dataclass(frozen=True)
class Store:
    """`insert` one aggregate's events; `positions` behind one, in order, READ_LIMIT_MAX at most."""

    insert: Callable[[Sequence[StoredEvent]], object]
    positions: Callable[[int], Sequence[int]]


Opened = Callable[[], AbstractContextManager[Store]]
"""Opens a store, in whichever process calls it."""


@contextmanager
def ours(url: str) -> Iterator[Store]:
    """The recorder of the event store, and the log that the relay reads."""
    with open_pool(url, "writer", size_max=1) as pool, EventLog(url) as log:
        recorder = EventRecorder(pool.connection)
        yield Store(
            lambda events: recorder.insert(events, owner_id=uuid4()),
            lambda after: [fact.position for fact in log.read(after, READ_LIMIT_MAX)],
        )


@contextmanager
def stock(admin_url: str) -> Iterator[Store]:
    """The library's recorder as `POSTGRES_ENABLE_DB_FUNCTIONS=y` makes it."""
    with stock_recorder(admin_url, enable_db_functions=True) as recorder:
        yield Store(
            recorder.insert_events,
            lambda after: [
                one.id
                for one in recorder.select_notifications(
                    after, READ_LIMIT_MAX, inclusive_of_start=False
                )
            ],
        )


def write(opened: Opened, count: int, seed: int) -> None:
    """Save so many events, a few at a time."""
    chance = random.Random(seed)
    with opened() as store:
        while count > 0:
            size = min(count, chance.randint(1, EVENTS_PER_SAVE_MAX))
            diary = uuid4()
            store.insert(
                [
                    StoredEvent(diary, version, "diary.opened", DATA)
                    for version in range(1, size + 1)
                ]
            )
            count -= size


def follow(opened: Opened, events: int) -> tuple[int, float]:
    """How many a reader saw of those that WRITERS write meanwhile, and the seconds it took."""
    processes = multiprocessing.get_context("spawn")
    began_s = perf_counter()
    with opened() as store:
        writers = [
            processes.Process(target=write, args=(opened, events // WRITERS, seed))
            for seed in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        seen, after = 0, 0
        while True:
            # Looked at before the last question: what it does not show then was missed.
            finished = not any(writer.is_alive() for writer in writers)
            found = store.positions(after)
            seen += len(found)
            if found:
                after = found[-1]
            elif finished:
                break
        for writer in writers:
            writer.join()
            if writer.exitcode != 0:
                raise RuntimeError("a writer ended early")
    return seen, perf_counter() - began_s


def main() -> None:
    """Each store in turn: `--events 1000000` takes some ten minutes."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=EVENTS)
    written = arguments.parse_args().events // WRITERS * WRITERS
    with database() as (url, admin_url):
        seen, taken_s = follow(partial(ours, url), written)
        stock_seen, stock_taken_s = follow(partial(stock, admin_url), written)
    report(
        "tailing_reader",
        "eventsourcing.postgres with POSTGRES_ENABLE_DB_FUNCTIONS=y",
        writers=WRITERS,
        events=written,
        missed=written - seen,
        baseline_missed=written - stock_seen,
        events_per_s=written / taken_s,
        baseline_events_per_s=written / stock_taken_s,
        ratio=stock_taken_s / taken_s,
        goal_missed=0,
    )


if __name__ == "__main__":
    main()
