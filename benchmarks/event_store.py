"""Saves of two new aggregates per second, over the library's own PostgreSQL recorder.

And over psycopg alone, which inserts the same rows in one transaction and promises nothing of them.
"""

from contextlib import ExitStack
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent

from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import open_pool
from benchmarks.measure import alternating, database, report, seconds
from benchmarks.stock_studio import SCHEMA, stock_recorder
from domain.kernel.identity import SYSTEM

SAVES = 100
ROUNDS = 9
DATA = b'{"v":1,"timestamp":"2026-05-04T08:00:00Z","text":"a lighthouse in fog, at dusk"}'


def two_aggregates() -> list[StoredEvent]:
    """The first events of two aggregates."""
    return [StoredEvent(uuid4(), 1, "diary.opened", DATA) for _ in range(2)]


def main() -> None:
    """Both save to the same server, in turns, each on one connection."""
    with (
        database() as (url, admin_url),
        open_pool(url, "writer", size_max=1) as pool,
        ExitStack() as stack,
    ):
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f"CREATE SCHEMA {SCHEMA}".encode())
            admin.execute(
                "CREATE TABLE stock.rows (position bigserial, originator_id uuid, version bigint,"
                " event_type text, data bytea, PRIMARY KEY (originator_id, version))"
            )
        ours = EventRecorder(pool.connection)
        with stock_recorder(admin_url) as stock:

            def save_ours() -> None:
                for _ in range(SAVES):
                    ours.insert(two_aggregates(), owner_id=SYSTEM)

            def save_stock() -> None:
                for _ in range(SAVES):
                    stock.insert_events(two_aggregates())

            raw = stack.enter_context(psycopg.connect(admin_url))

            def save_raw() -> None:
                for _ in range(SAVES):
                    with raw.transaction(), raw.cursor() as cursor:
                        cursor.executemany(
                            "INSERT INTO stock.rows (originator_id, version, event_type, data)"
                            " VALUES (%s, %s, %s, %s)",
                            [
                                (one.originator_id, one.originator_version, one.topic, one.state)
                                for one in two_aggregates()
                            ],
                        )

            save_ours()
            save_stock()
            save_raw()
            taken = alternating(
                ROUNDS,
                ours=lambda: seconds(save_ours),
                stock=lambda: seconds(save_stock),
                raw=lambda: seconds(save_raw),
            )
    baselines = {
        "stock": "eventsourcing.postgres.PostgresApplicationRecorder: no chain, no owner",
        "raw": "psycopg inserting the same rows, without chain, order or any check",
    }
    for name, baseline in baselines.items():
        report(
            "event_store",
            baseline,
            saves_per_s=SAVES / taken["ours"],
            baseline_saves_per_s=SAVES / taken[name],
            ratio=taken[name] / taken["ours"],
        )


if __name__ == "__main__":
    main()
