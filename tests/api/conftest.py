"""A studio for all tests of this folder, and a fresh one for those that move its clock."""

from collections.abc import Iterator

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from tests.api.creator import Creator, Visitor
from tests.api.live_studio import LiveStudio, live_studio
from tests.conftest import TEMPLATE


@pytest.fixture(scope="session")
def live(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveStudio]:
    """One studio for many people: what is one's own no other can see."""
    postgres_server.create_database("live_studio", template=TEMPLATE)
    with live_studio(
        postgres_server.url("live_studio"), tmp_path_factory.mktemp("live_studio")
    ) as found:
        yield found


@pytest.fixture
def fresh(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStudio]:
    """A studio that nobody has used."""
    with live_studio(database, tmp_path_factory.mktemp("fresh_studio")) as found:
        yield found


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    """Signed up and in, and no more."""
    return Creator(live, "Ada")


@pytest.fixture
def grace(live: LiveStudio) -> Creator:
    """Somebody else."""
    return Creator(live, "Grace")


@pytest.fixture
def visitor(live: LiveStudio) -> Visitor:
    """Nobody in particular."""
    return Visitor(live)
