"""What everybody promises who knows from where people sign in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.postgres.connect import open_pool
from adapters.vault.familiar_networks import PostgresFamiliarNetworks
from adapters.vault.in_memory_familiar_networks import InMemoryFamiliarNetworks
from adapters.vault.retention import forget_familiar_networks
from commands.ports.familiar_networks import FamiliarNetworks
from tests.diary import MORNING

EVENING = MORNING + timedelta(hours=12)
EMAIL, HOME = "ada@example.org", "192.0.2.1"
SECRET = b"lookup secret"


@pytest.fixture(params=["in_memory", "postgres"])
def familiar(request: pytest.FixtureRequest) -> Iterator[FamiliarNetworks]:
    if request.param == "in_memory":
        yield InMemoryFamiliarNetworks()
    else:
        with open_pool(request.getfixturevalue("database"), "vault", size_max=1) as pool:
            yield PostgresFamiliarNetworks(pool, SECRET)


def test_a_network_is_familiar_for_one_account_and_for_a_while(familiar: FamiliarNetworks) -> None:
    assert not familiar.is_familiar(EMAIL, HOME, at=MORNING)
    familiar.remember(EMAIL, HOME, until=EVENING)
    assert familiar.is_familiar(EMAIL.upper(), HOME, at=MORNING)
    assert not familiar.is_familiar(EMAIL, HOME, at=EVENING)
    assert not familiar.is_familiar(EMAIL, "192.0.2.2", at=MORNING)
    assert not familiar.is_familiar("grace@example.org", HOME, at=MORNING)


def test_the_later_time_counts_in_whatever_order_it_is_told(familiar: FamiliarNetworks) -> None:
    for until in (MORNING, EVENING, MORNING):
        familiar.remember(EMAIL, HOME, until=until)
    assert familiar.is_familiar(EMAIL, HOME, at=EVENING - timedelta(seconds=1))


def test_no_row_says_whose_network_it_is_and_an_old_one_goes(database: str) -> None:
    with open_pool(database, "vault", size_max=1) as pool:
        PostgresFamiliarNetworks(pool, SECRET).remember(EMAIL, HOME, until=EVENING)
        with pool.connection() as connection:
            row = connection.execute("SELECT f::text FROM vault.familiar_networks f").fetchall()
            assert "ada" not in str(row)
            assert HOME not in str(row)
            assert forget_familiar_networks(connection, EVENING, 10) == 0
            assert forget_familiar_networks(connection, EVENING + timedelta(seconds=1), 10) == 1
