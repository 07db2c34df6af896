"""What the watchdog remembers: position and claims move together, in PostgreSQL and in memory."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import IntegrityError

from adapters.event_store.in_memory_watched_claims import InMemoryWatchedClaims
from adapters.event_store.positions import ReaderLost, claim_reader
from adapters.event_store.watched_claims import PostgresWatchedClaims
from commands.ports.watched_claims import WatchedClaim, WatchedClaims
from tests.diary import ADA, GRACE

DEADLINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Opened = Callable[[], AbstractContextManager[WatchedClaims]]


@pytest.fixture(params=["in memory", "postgres"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Opens the one memory, as each watchdog after the other does."""
    if request.param == "in memory":
        kept = InMemoryWatchedClaims()
        return lambda: nullcontext(kept)
    database: str = request.getfixturevalue("database")

    @contextmanager
    def on_postgres() -> Iterator[WatchedClaims]:
        with claim_reader(database, "watchdog", wait_s=5.0) as reader:
            yield PostgresWatchedClaims(reader)

    return on_postgres


def claim(attempt: int = 1, owner: object = ADA) -> WatchedClaim:
    return WatchedClaim(uuid4(), GRACE if owner is GRACE else ADA, attempt, uuid4(), DEADLINE)


def test_at_first_nothing_is_known(opened: Opened) -> None:
    with opened() as memory:
        assert memory.load() == (0, ())


def test_the_next_watchdog_finds_position_and_claims(opened: Opened) -> None:
    first, second = claim(), claim(3, GRACE)
    with opened() as memory:
        memory.save(7, [first], [])
        memory.save(9, [second], [])
    with opened() as memory:
        position, claims = memory.load()
    assert position == 9
    assert {one.job_id: one for one in claims} == {first.job_id: first, second.job_id: second}


def test_what_has_ended_is_forgotten_and_what_was_never_known_is_ignored(opened: Opened) -> None:
    gone, stays = claim(), claim()
    with opened() as memory:
        memory.save(2, [gone, stays], [])
        memory.save(3, [], [gone.job_id, uuid4()])
    with opened() as memory:
        assert memory.load() == (3, (stays,))


def test_a_later_claim_of_a_job_takes_the_place_of_an_earlier_one(opened: Opened) -> None:
    first = claim()
    second = WatchedClaim(first.job_id, ADA, 2, uuid4(), DEADLINE)
    with opened() as memory:
        memory.save(2, [first], [])
        memory.save(5, [second], [])
        assert memory.load() == (5, (second,))


def test_a_position_does_not_go_back(opened: Opened) -> None:
    with opened() as memory:
        memory.save(5, [], [])
        memory.save(4, [], [])
        assert memory.load() == (5, ())


def test_where_a_claim_cannot_be_stored_the_position_stays(database: str) -> None:
    with claim_reader(database, "watchdog", wait_s=5.0) as reader:
        memory = PostgresWatchedClaims(reader)
        memory.save(5, [], [])
        twice = claim()
        with pytest.raises(IntegrityError):
            memory.save(6, [twice, twice], [])
        assert memory.load() == (5, ())


def test_a_watchdog_that_lost_its_connection_saves_nothing(
    database: str, admin_database: str
) -> None:
    with claim_reader(database, "watchdog", wait_s=5.0) as reader:
        memory = PostgresWatchedClaims(reader)
        with psycopg.connect(admin_database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name LIKE 'reader watchdog%' "
                "AND datname = current_database()"
            )
        with pytest.raises(ReaderLost):
            memory.save(6, [claim()], [])
    with claim_reader(database, "watchdog", wait_s=5.0) as reader:
        assert PostgresWatchedClaims(reader).load() == (0, ())
