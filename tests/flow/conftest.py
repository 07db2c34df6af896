"""One living studio for the tests of a module; each test brings people of its own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from tests.conftest import TEMPLATE
from tests.flow.living_studio import LivingStudio, living_studio
from topics.embedded import EmbeddedTransport
from topics.in_memory import InMemoryTransport

_numbers = count(1)


@pytest.fixture(scope="module")
def flow_database(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """The name of a database that a module's tests share."""
    name = f"flow_{next(_numbers)}"
    postgres_server.create_database(name, template=TEMPLATE)
    yield name
    postgres_server.drop_database(name)


@pytest.fixture(scope="module")
def running(
    postgres_server: EmbeddedPostgres,
    flow_database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LivingStudio]:
    """Everything over topics in memory. Checked by the oracle when the module is through."""
    folder: Path = tmp_path_factory.mktemp("flow")
    url, admin_url = postgres_server.url(flow_database), postgres_server.admin_url(flow_database)
    with InMemoryTransport() as transport, living_studio(url, admin_url, transport, folder) as it:
        yield it
        it.oracle.rest()
        it.oracle.check()


@pytest.fixture
def studio(running: LivingStudio) -> Iterator[LivingStudio]:
    """The living studio, with nothing held and nothing scripted."""
    yield running
    running.painter.is_deaf = False
    running.painter.accidents.clear()
    running.painter.poison.clear()
    running.painter.draws_instead = None
    running.painter.let_go()
    running.analyser.script.clear()
    running.analyser.let_go()


@pytest.fixture
def embedded_studio(database: str, admin_database: str, tmp_path: Path) -> Iterator[LivingStudio]:
    """Everything over topics in PostgreSQL."""
    with (
        EmbeddedTransport(database, lease_s=5.0) as transport,
        living_studio(database, admin_database, transport, tmp_path) as it,
    ):
        yield it
