"""Read positions, the feed's limits, and rebuilding from event zero."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.events import STORED_FORM
from domain.job import Job
from domain.kernel.identity import SYSTEM
from projections import feed
from projections.projector import PROJECTOR_GATE, Projector
from projections.read_model import Change, ReadModel
from projections.rebuild import Difference, Rebuild
from projections.registry import READ_MODELS
from tests.projections.studio_history import ADA, GRACE, StudioHistory, a_whole_journey
from topics.messages.fact import Fact


@pytest.fixture
def history() -> StudioHistory:
    return a_whole_journey()


@pytest.fixture
def projector(database: str, history: StudioHistory) -> Projector:
    return Projector(lambda: _connection(database), STORED_FORM, history.keys)


@pytest.fixture
def rebuild(admin_database: str, history: StudioHistory) -> Rebuild:
    return Rebuild(lambda: _connection(admin_database), STORED_FORM, history.keys)


def _connection(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True)


@contextmanager
def as_projector(url: str) -> Iterator[psycopg.Cursor[Any]]:
    with (
        _connection(url) as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL ROLE projector")
        yield cursor


def read_to(url: str, owner_id: UUID) -> set[int]:
    with as_projector(url) as cursor:
        cursor.execute("SELECT position FROM views.read_to WHERE owner_id = %s", (owner_id,))
        return {position for (position,) in cursor.fetchall()}


def count(url: str, table: str) -> int:
    with as_projector(url) as cursor:
        cursor.execute(f"SELECT count(*) FROM views.{table}".encode())
        [row] = cursor.fetchall()
        return int(row[0])


def test_all_read_models_have_read_to_the_owners_last_fact(
    database: str, history: StudioHistory, projector: Projector
) -> None:
    projector.apply(history.facts)
    assert read_to(database, ADA) == {history.position}
    assert read_to(database, SYSTEM) == {4}


def test_facts_that_come_again_in_any_batch_change_nothing(
    database: str, history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    projector.apply([fact for fact in history.facts for _ in range(2)])
    projector.apply(history.facts[10:])
    projector.apply(history.facts[:20])
    assert read_to(database, ADA) == {history.position}
    assert rebuild.compare(history.after) == ()


def test_a_batch_of_many_people_gives_what_single_facts_give(
    history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    a_whole_journey(GRACE, history)
    for fact in history.facts:
        projector.apply([fact])
    # The replay takes all of them in one batch.
    assert rebuild.compare(history.after) == ()


def test_two_projectors_on_one_partition_fold_every_fact_once(
    history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    a_whole_journey(GRACE, history)

    def fold_in_small_batches() -> None:
        for start in range(0, len(history.facts), 7):
            projector.apply(history.facts[start : start + 7])

    threads = [Thread(target=fold_in_small_batches) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert rebuild.compare(history.after) == ()


def test_rows_position_and_feed_are_written_together_or_not_at_all(
    database: str, history: StudioHistory
) -> None:
    goes_away = ReadModel("goes away")

    @goes_away.on(Job.Completed)
    def _away(event: Job.Completed, fact: Fact) -> list[Change]:
        raise psycopg.OperationalError("the server closed the connection")

    projector = Projector(
        lambda: _connection(database), STORED_FORM, history.keys, (*READ_MODELS, goes_away)
    )
    with pytest.raises(psycopg.OperationalError):
        projector.apply(history.facts)
    assert read_to(database, ADA) == set()
    assert count(database, "jobs") == count(database, "feed") == 0
    assert count(database, "parked_owners") == 0


def test_a_rebuild_equals_what_was_folded_live(
    database: str, history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    a_whole_journey(GRACE, history)
    projector.apply(history.facts)
    with as_projector(database) as cursor:
        cursor.execute("UPDATE views.balances SET available = 1 WHERE owner_id = %s", (ADA,))
        cursor.execute("DELETE FROM views.assets WHERE owner_id = %s", (GRACE,))
    before = {difference.table: difference for difference in rebuild.compare(history.after)}
    assert before == {
        "balances": Difference("balances", missing=1, surplus=1),
        "assets": Difference("assets", missing=6, surplus=0),
    }
    assert rebuild.run(history.after).facts == history.position
    assert rebuild.compare(history.after) == ()


def test_a_projector_goes_on_after_a_rebuild_without_gap_or_repetition(
    database: str, history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    projector.apply(history.facts[:30])
    projector.note_watermarks({0: 30}, partitions=1)
    rebuild.run(history.after)
    projector.apply(history.facts)
    a_whole_journey(GRACE, history)
    projector.apply(history.facts)
    assert rebuild.compare(history.after) == ()
    assert count(database, "watermarks") == 1


def test_a_rebuild_catches_up_with_what_happened_while_it_ran(
    database: str, history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    projector.apply(history.facts)

    def facts_after(position: int) -> Iterator[Any]:
        yield from history.after(position)
        if position == 0:
            # The bulk was read; a projector folds the next journey before the tables are swapped.
            a_whole_journey(GRACE, history)
            projector.apply(history.facts)

    rebuild.run(facts_after)
    assert read_to(database, GRACE) == {history.position}
    assert rebuild.compare(history.after) == ()


def test_a_projector_goes_on_while_it_is_compared(
    database: str, history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    projector.apply(history.facts)

    def facts_after(position: int) -> Iterator[Any]:
        yield from list(history.after(position))
        a_whole_journey(GRACE, history)
        projector.apply(history.facts)
        yield from list(history.after(len(history.facts)))

    assert rebuild.compare(facts_after) == ()
    assert read_to(database, GRACE) == {history.position}


def test_a_projector_outlasts_a_closed_gate_whatever_its_time_outs(
    database: str, admin_database: str, history: StudioHistory
) -> None:
    impatient = f"{database}{'&' if '?' in database else '?'}application_name=impatient"

    def connect() -> psycopg.Connection[Any]:
        connection = _connection(impatient)
        connection.execute("SET lock_timeout = 1")
        connection.execute("SET statement_timeout = 20000")
        return connection

    projector = Projector(connect, STORED_FORM, history.keys)
    with (
        _connection(admin_database) as admin,
        _connection(admin_database) as watching,
        ThreadPoolExecutor(1) as threads,
    ):
        admin.execute("SELECT pg_advisory_lock(%s)", (PROJECTOR_GATE,))
        applied = threads.submit(projector.apply, history.facts)
        seen_waiting = 0
        # Far longer than a millisecond, however quick the machine is.
        while seen_waiting < 200 and not applied.done():
            [(waiting,)] = watching.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE application_name = 'impatient' AND wait_event_type = 'Lock'"
            ).fetchall()
            seen_waiting += waiting
        admin.execute("SELECT pg_advisory_unlock(%s)", (PROJECTOR_GATE,))
        assert applied.result(timeout=60) == ()
    assert read_to(database, ADA) == {history.position}


def test_rebuilt_tables_keep_policies_and_grants(
    database: str, history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    policies = (
        "SELECT tablename, policyname, cmd, roles::text, qual, with_check FROM pg_policies"
        " WHERE schemaname = 'views' ORDER BY 1, 2"
    )
    tables = (
        "SELECT relname, relrowsecurity, relforcerowsecurity, relacl::text, relowner::regrole::text"
        " FROM pg_class WHERE relnamespace = 'views'::regnamespace AND relkind = 'r' ORDER BY 1"
    )
    with _connection(database) as connection:
        before = [connection.execute(q.encode()).fetchall() for q in (policies, tables)]
        rebuild.run(history.after)
        after = [connection.execute(q.encode()).fetchall() for q in (policies, tables)]
    assert after == before
    assert len(before[0]) > 30


def test_the_trimmed_part_of_the_feed_is_no_difference(
    database: str, history: StudioHistory, projector: Projector, rebuild: Rebuild
) -> None:
    projector.apply(history.facts)
    before = count(database, "feed")
    with as_projector(database) as cursor:
        dropped = feed.trim(cursor, recorded_before=history.now - timedelta(minutes=5))
    assert 0 < dropped < before
    assert count(database, "feed") == before - dropped
    assert rebuild.compare(history.after) == ()


def test_trimming_an_empty_feed_drops_nothing(database: str, history: StudioHistory) -> None:
    with as_projector(database) as cursor:
        assert feed.trim(cursor, recorded_before=history.now) == 0
