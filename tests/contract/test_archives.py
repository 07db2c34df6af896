"""What everybody promises who remembers addresses of ZIPs."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.postgres.connect import open_pool
from adapters.vault.archives import PostgresArchives
from adapters.vault.in_memory_archives import InMemoryArchives
from adapters.vault.retention import forget_archives
from commands.ports.archives import ARCHIVES_OPEN_MAX, Archive, Archives
from tests.diary import MORNING

ADA, GRACE = UUID(int=1), UUID(int=2)
ITEMS = (UUID(int=31), UUID(int=30))
TOMORROW = MORNING + timedelta(hours=24)


@pytest.fixture(params=["in_memory", "postgres"])
def archives(request: pytest.FixtureRequest) -> Iterator[Archives]:
    if request.param == "in_memory":
        yield InMemoryArchives()
    else:
        with open_pool(request.getfixturevalue("database"), "vault", size_max=1) as pool:
            yield PostgresArchives(pool)


def digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def test_an_address_is_its_owners_until_its_time_is_over(archives: Archives) -> None:
    archive = Archive(ADA, ITEMS, TOMORROW)
    archives.open(digest("one"), archive)
    assert archives.find(digest("one"), owner_id=ADA, at=MORNING) == archive
    assert archives.find(digest("one"), owner_id=ADA, at=TOMORROW) is None
    assert archives.find(digest("one"), owner_id=GRACE, at=MORNING) is None
    assert archives.find(digest("two"), owner_id=ADA, at=MORNING) is None


def test_a_completed_address_is_over_and_the_others_are_not(archives: Archives) -> None:
    for name in ("one", "two"):
        archives.open(digest(name), Archive(ADA, ITEMS, TOMORROW))
    archives.complete(digest("one"))
    archives.complete(digest("one"))
    assert archives.find(digest("one"), owner_id=ADA, at=MORNING) is None
    assert archives.find(digest("two"), owner_id=ADA, at=MORNING) is not None


def test_an_owners_oldest_address_gives_way_to_one_too_many(archives: Archives) -> None:
    archives.open(digest("graces"), Archive(GRACE, ITEMS, MORNING + timedelta(seconds=1)))
    for number in range(ARCHIVES_OPEN_MAX + 2):
        expires_at = TOMORROW + timedelta(seconds=number)
        archives.open(digest(str(number)), Archive(ADA, ITEMS, expires_at))
    found = {
        number
        for number in range(ARCHIVES_OPEN_MAX + 2)
        if archives.find(digest(str(number)), owner_id=ADA, at=MORNING)
    }
    assert found == set(range(2, ARCHIVES_OPEN_MAX + 2))
    assert archives.find(digest("graces"), owner_id=GRACE, at=MORNING) is not None


def test_an_address_that_is_over_is_swept(database: str) -> None:
    with open_pool(database, "vault", size_max=1) as pool:
        PostgresArchives(pool).open(digest("one"), Archive(ADA, ITEMS, TOMORROW))
        with pool.connection() as connection:
            assert forget_archives(connection, TOMORROW, 10) == 0
            assert forget_archives(connection, TOMORROW + timedelta(seconds=1), 10) == 1
