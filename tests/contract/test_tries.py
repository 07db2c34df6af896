"""What every keeper of buckets promises."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.postgres.connect import open_pool
from adapters.vault.in_memory_tries import InMemoryTries
from adapters.vault.retention import forget_tries
from adapters.vault.tries import PostgresTries
from commands.ports.tries import Bucket, Tries, Try
from domain.refusals import TooManyRequests
from tests.diary import MORNING

THREE = Bucket("of three", 3, timedelta(seconds=10))
TWENTY = Bucket("of twenty", 20, timedelta(seconds=1))
ADA, GRACE = Try(THREE, "ada@example.org"), Try(THREE, "grace@example.org")
HOME = Try(TWENTY, "192.0.2.1")
SECRET = b"lookup secret"


@pytest.fixture(params=["in_memory", "postgres"])
def tries(request: pytest.FixtureRequest) -> Iterator[Tries]:
    if request.param == "in_memory":
        yield InMemoryTries()
    else:
        with open_pool(request.getfixturevalue("database"), "vault", size_max=8) as pool:
            yield PostgresTries(pool, SECRET)


def test_a_bucket_takes_so_many_at_once_and_says_when_there_is_room(tries: Tries) -> None:
    for _ in range(3):
        tries.take([ADA], at=MORNING)
    with pytest.raises(TooManyRequests) as refused:
        tries.take([ADA], at=MORNING + timedelta(seconds=4))
    assert refused.value.retry_after_s == 6
    tries.take([ADA], at=MORNING + timedelta(seconds=10))
    with pytest.raises(TooManyRequests):
        tries.take([ADA], at=MORNING + timedelta(seconds=10))
    tries.take([GRACE], at=MORNING)


def test_whoever_is_refused_by_one_bucket_is_counted_in_none(tries: Tries) -> None:
    for _ in range(3):
        tries.take([ADA], at=MORNING)
    for _ in range(30):
        with pytest.raises(TooManyRequests):
            tries.take([ADA, HOME], at=MORNING)
    for _ in range(20):
        tries.take([HOME], at=MORNING)


def test_what_is_given_back_does_not_count(tries: Tries) -> None:
    for _ in range(30):
        tries.take([ADA, HOME], at=MORNING)
        tries.give_back([ADA, HOME])
    tries.give_back([GRACE])
    for _ in range(3):
        tries.take([ADA], at=MORNING)
    with pytest.raises(TooManyRequests):
        tries.take([ADA], at=MORNING)


def test_a_clock_that_is_behind_empties_nothing(tries: Tries) -> None:
    for _ in range(3):
        tries.take([ADA], at=MORNING)
    with pytest.raises(TooManyRequests):
        tries.take([ADA], at=MORNING - timedelta(seconds=5))


def test_tries_at_the_same_moment_are_all_counted(tries: Tries) -> None:
    def taken(number: int) -> bool:
        # In either order: two that wait for each other would be a deadlock.
        both = [ADA, HOME] if number % 2 else [HOME, ADA]
        try:
            tries.take(both, at=MORNING)
        except TooManyRequests:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(taken, range(40))) == 3


def test_another_process_counts_in_the_same_buckets(database: str) -> None:
    with (
        open_pool(database, "vault", size_max=1) as one,
        open_pool(database, "vault", size_max=1) as other,
    ):
        for pool in (one, other, one):
            PostgresTries(pool, SECRET).take([ADA], at=MORNING)
        with pytest.raises(TooManyRequests):
            PostgresTries(other, SECRET).take([ADA], at=MORNING)


def test_no_row_says_whose_bucket_it_is_and_an_empty_one_goes(database: str) -> None:
    with open_pool(database, "vault", size_max=1) as pool:
        PostgresTries(pool, SECRET).take([ADA, HOME], at=MORNING)
        with pool.connection() as connection:
            row = str(connection.execute("SELECT t::text FROM vault.tries t").fetchall())
        assert "ada" not in row
        assert "192.0.2.1" not in row
        with pool.connection() as connection:
            assert forget_tries(connection, MORNING, 10) == 0
            assert forget_tries(connection, MORNING + timedelta(seconds=5), 10) == 1
            assert forget_tries(connection, MORNING + timedelta(seconds=11), 10) == 1
