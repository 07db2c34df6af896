"""What migrations promise: once, in order, never changed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import psycopg
import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import MIGRATIONS_FOLDER, MigrationRefused, migrate

_numbers = count(1)


@pytest.fixture
def empty_database(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """URL, with the superuser's login, of a database that nothing was done to."""
    name = f"empty_{next(_numbers)}"
    postgres_server.create_database(name)
    yield postgres_server.admin_url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations: our roles, and a table of lighthouses."""
    (tmp_path / "0001_roles.sql").write_text((MIGRATIONS_FOLDER / "0001_roles.sql").read_text())
    (tmp_path / "0002_lighthouses.sql").write_text(
        "CREATE SCHEMA coast; CREATE TABLE coast.lighthouses (name text);"
    )
    return tmp_path


def test_each_migration_runs_once(empty_database: str, folder: Path) -> None:
    assert migrate(empty_database, folder=folder) == ("0001_roles", "0002_lighthouses")
    assert migrate(empty_database, folder=folder) == ()
    (folder / "0003_lamps.sql").write_text("CREATE TABLE coast.lamps (name text);")
    assert migrate(empty_database, folder=folder) == ("0003_lamps",)


def test_all_of_ours_run_on_an_empty_database(empty_database: str) -> None:
    names = sorted(path.stem for path in MIGRATIONS_FOLDER.glob("*.sql"))
    assert migrate(empty_database) == tuple(names)


def test_what_they_make_belongs_to_the_migrator(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder=folder)
    with psycopg.connect(empty_database) as admin:
        owner = admin.execute(
            "SELECT tableowner FROM pg_tables WHERE schemaname = 'coast'"
        ).fetchone()
    assert owner == ("migrator",)


def test_several_that_migrate_at_once_do_it_once(empty_database: str, folder: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(migrate, empty_database, folder=folder) for _ in range(4)]
        assert sorted(len(one.result()) for one in running) == [0, 0, 0, 2]


def test_a_migration_that_changed_after_it_ran_is_refused(
    empty_database: str, folder: Path
) -> None:
    migrate(empty_database, folder=folder)
    (folder / "0002_lighthouses.sql").write_text("CREATE SCHEMA coast;")
    with pytest.raises(MigrationRefused, match="was changed"):
        migrate(empty_database, folder=folder)


def test_a_database_of_a_newer_release_is_refused(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder=folder)
    (folder / "0002_lighthouses.sql").unlink()
    with pytest.raises(MigrationRefused, match="does not know"):
        migrate(empty_database, folder=folder)


def test_a_migration_that_comes_late_is_refused(empty_database: str, folder: Path) -> None:
    (folder / "0002_lighthouses.sql").rename(folder / "0003_lighthouses.sql")
    migrate(empty_database, folder=folder)
    (folder / "0002_piers.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationRefused, match="before migrations that have run"):
        migrate(empty_database, folder=folder)


@pytest.mark.parametrize("name", ["0002_piers.sql", "lamps.sql", "3_lamps.sql"])
def test_a_file_with_a_bad_name_is_refused(empty_database: str, folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationRefused):
        migrate(empty_database, folder=folder)


def test_a_migration_that_fails_leaves_nothing_of_itself(empty_database: str, folder: Path) -> None:
    (folder / "0003_lamps.sql").write_text("CREATE TABLE coast.lamps (name text); SELECT 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database, folder=folder)
    (folder / "0003_lamps.sql").write_text("CREATE TABLE coast.lamps (name text);")
    assert migrate(empty_database, folder=folder) == ("0003_lamps",)
