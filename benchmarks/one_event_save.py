"""Where the time of a save of one event goes, over the same save by the library's recorder.

Each part is measured by itself or by leaving it out: the flush of the server's log by switching it
off, the function by calling it in a loop inside the server, round trips by the shortest question.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent

from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from benchmarks.measure import alternating, database, report, seconds
from benchmarks.stock_studio import stock_recorder
from benchmarks.timed_requests import SECRET
from commands.ports.event_store import RecordedCommand
from tests.diary import DIARY_FORM, Diary

SAVES = 50
ROUNDS = 15
TEXT = "a lighthouse in fog, at dusk"
DATA = b'{"v":1,"timestamp":"2026-05-04T08:00:00Z","text":"a lighthouse in fog, at dusk"}'
OWNER = uuid4()

_FLUSH = "SET synchronous_commit = {}"
_IN_THE_SERVER = f"""
DO $$ BEGIN
    FOR i IN 1..{SAVES} LOOP
        PERFORM events.insert_events(
            '{OWNER}', ARRAY[gen_random_uuid()], ARRAY[1]::bigint[], ARRAY['diary.opened'],
            ARRAY[convert_to('{DATA.decode()}', 'UTF8')], '{{}}', '{{}}',
            gen_random_uuid(), '\\x00', '\\x00'
        );
    END LOOP;
END $$
"""


def many(save: Callable[[], object]) -> Callable[[], float]:
    """Seconds of one of SAVES in a row."""

    def taken() -> float:
        return seconds(lambda: [save() for _ in range(SAVES)]) / SAVES

    return taken


def flushed(connection: psycopg.Connection[Any], measure: Callable[[], float], flush: str) -> float:
    """What is measured while the connection's commits wait for the disk, or do not."""
    connection.execute(_FLUSH.format(flush).encode())
    try:
        return measure()
    finally:
        connection.execute(_FLUSH.format("on").encode())


def main() -> None:
    """The parts in turns with the whole."""
    with database() as (url, admin_url), ExitStack() as stack:
        pool = stack.enter_context(open_pool(url, "writer", size_max=1))
        vault = stack.enter_context(open_pool(url, "vault", size_max=1))
        keys = SubjectKeys(vault, SECRET)
        store = PostgresEventStore(pool, DIARY_FORM, keys)
        admin = stack.enter_context(psycopg.connect(admin_url, autocommit=True))
        stock = stack.enter_context(stock_recorder(admin_url))
        with pool.connection() as writer, stock.datastore.get_connection() as stock_writer:
            # There is only one of each, whom every save below borrows.
            pass

        def command() -> RecordedCommand:
            return RecordedCommand(uuid4(), SECRET, b"{}")

        def save() -> None:
            diary, asked = Diary.open(uuid4(), TEXT), command()
            with store.transaction(OWNER, key=asked.key) as transaction:
                transaction.recorded(asked.key)
                transaction.insert(diary.unsaved, unchanged=[], command=asked)

        def begin() -> None:
            with store.transaction(OWNER, key=uuid4()):
                pass

        def encode() -> None:
            for event in Diary.open(uuid4(), TEXT).unsaved:
                DIARY_FORM.encode(event, OWNER, keys)

        def stock_save() -> None:
            stock.insert_events([StoredEvent(uuid4(), 1, "diary.opened", DATA)])

        def ask() -> None:
            writer.execute("SELECT 1", prepare=True)

        for warm in (save, stock_save, ask, begin):
            warm()
        taken = alternating(
            ROUNDS,
            save=many(save),
            unflushed=lambda: flushed(writer, many(save), "off"),
            function=lambda: seconds(lambda: admin.execute(_IN_THE_SERVER.encode())) / SAVES,
            begin=many(begin),
            encode=many(encode),
            trip=many(ask),
            stock=many(stock_save),
            stock_unflushed=lambda: flushed(stock_writer, many(stock_save), "off"),
        )
    us = {name: 1e6 * value for name, value in taken.items()}
    named = us["function"] + us["begin"] + us["encode"] + us["trip"]
    report(
        "one_event_save",
        "eventsourcing.postgres.PostgresApplicationRecorder: no key, no owner, no text, no chain",
        save_us=us["save"],
        flush_us=us["save"] - us["unflushed"],
        begin_lock_and_key_us=us["begin"],
        decide_seal_and_encode_us=us["encode"],
        insert_function_us=us["function"],
        bare_round_trip_us=us["trip"],
        rest_us=us["unflushed"] - named,
        baseline_save_us=us["stock"],
        baseline_flush_us=us["stock"] - us["stock_unflushed"],
        ratio=us["stock"] / us["save"],
        ratio_without_flush=us["stock_unflushed"] / us["unflushed"],
    )


if __name__ == "__main__":
    main()
