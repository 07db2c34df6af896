"""What tests of several folders need: one PostgreSQL and one S3 server, and a fresh place each."""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from adapters.postgres.embedded import VOLATILE, EmbeddedPostgres
from adapters.postgres.migrate import migrate
from tests.kafka.fault_table import pytest_terminal_summary as pytest_terminal_summary
from tests.parts.s3_server import S3ForTests, s3_server

TEMPLATE = "migrated"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """A running server with a database `migrated`, from which every test's own is copied.

    Not under pytest's own folder: another pytest, started by root meanwhile, closes that one to the
    account that the server runs as.
    """
    with (
        tempfile.TemporaryDirectory(prefix="suite-test-") as folder,
        EmbeddedPostgres(Path(folder), VOLATILE) as server,
    ):
        server.create_database(TEMPLATE)
        migrate(server.admin_url(TEMPLATE))
        yield server


@pytest.fixture
def database_name(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """The name of a fresh, migrated database. It is dropped after the test."""
    name = f"test_{next(_numbers)}"
    postgres_server.create_database(name, template=TEMPLATE)
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def database(postgres_server: EmbeddedPostgres, database_name: str) -> str:
    """URL of a fresh, migrated database, with the login that processes use."""
    return postgres_server.url(database_name)


@pytest.fixture
def admin_database(postgres_server: EmbeddedPostgres, database_name: str) -> str:
    """URL of the same database as `database`, with the superuser's login."""
    return postgres_server.admin_url(database_name)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3ForTests]:
    """A real S3 server. Every test has a bucket of its own, and nobody kills the server."""
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running
