"""Stores of before held a read position a read model; now an owner has one for all of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid5

import psycopg
import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import MIGRATIONS_FOLDER, migrate
from projections.read_to import lock_read_to
from tests.projections.studio_history import ADA, GRACE

MODELS = ("account", "gallery", "jobs", "twins")


@pytest.fixture
def store_of_before(postgres_server: EmbeddedPostgres, tmp_path: Path) -> Iterator[str]:
    """URL of a database that has only the migrations before this one."""
    for file in MIGRATIONS_FOLDER.glob("*.sql"):
        if file.name < "0011":
            (tmp_path / file.name).write_text(file.read_text())
    postgres_server.create_database("read_to_before")
    migrate(postgres_server.admin_url("read_to_before"), folder=tmp_path)
    yield postgres_server.admin_url("read_to_before")
    postgres_server.drop_database("read_to_before")


def test_the_positions_of_an_owner_become_the_furthest_of_them(store_of_before: str) -> None:
    with psycopg.connect(store_of_before, autocommit=True) as admin:
        for model in MODELS:
            # A read model that came with a later release stands at nothing. Only a rebuild fills
            # it, and what the others have folded must never be folded again.
            position = 0 if model == "twins" else 30
            admin.execute("INSERT INTO views.read_to VALUES (%s, %s, %s)", [ADA, model, position])
            admin.execute("INSERT INTO views.read_to VALUES (%s, %s, 12)", [GRACE, model])
    assert "0011_projector" in migrate(store_of_before)
    assert _rows(store_of_before, "SELECT owner_id, position FROM views.read_to") == {
        (ADA, 30),
        (GRACE, 12),
    }


def test_the_state_of_a_twin_of_before_stays(store_of_before: str) -> None:
    with psycopg.connect(store_of_before, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO views.twins (owner_id, twin_id, consent_epoch, consent_at, created_at,"
            " created_position, position) VALUES (%s, %s, 1, now(), now(), 1, 1)",
            [ADA, GRACE],
        )
    migrate(store_of_before)
    assert _rows(store_of_before, "SELECT state FROM views.twins") == {("consented",)}


def _rows(url: str, statement: str) -> set[Any]:
    with psycopg.connect(url) as admin:
        return set(admin.execute(statement.encode()).fetchall())


def test_the_positions_of_many_owners_are_read_whenever_the_answers_come(database: str) -> None:
    # So many that the server answers the first statement while the second is still being sent.
    owners = [uuid5(ADA, str(number)) for number in range(2_000)]
    with (
        psycopg.connect(database, autocommit=True) as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL ROLE projector")
        cursor.execute("SET LOCAL search_path = views")
        for _ in range(20):
            read_to, _ = lock_read_to(cursor, owners)
            assert read_to == dict.fromkeys(owners, 0)
