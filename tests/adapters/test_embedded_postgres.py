"""What the embedded server promises: it keeps its data, and stays to itself."""

import os
import stat
from pathlib import Path

import psycopg
import pytest

from adapters.postgres.embedded import VOLATILE, EmbeddedPostgres, EmbeddedServerFailed


def test_a_server_started_again_finds_everything_as_it_was(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, VOLATILE)
    with server, psycopg.connect(server.admin_url()) as admin:
        admin.execute("CREATE TABLE lighthouses AS SELECT 'in fog' AS weather")
    with server, psycopg.connect(server.admin_url()) as admin:
        assert admin.execute("SELECT weather FROM lighthouses").fetchone() == ("in fog",)


def test_a_running_server_is_taken_over_and_stopped_once(tmp_path: Path) -> None:
    first, second = EmbeddedPostgres(tmp_path, VOLATILE), EmbeddedPostgres(tmp_path, VOLATILE)
    first.start()
    second.start()
    with psycopg.connect(second.admin_url()) as admin:
        assert admin.execute("SELECT 1").fetchone() == (1,)
    second.stop()
    first.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first.admin_url())


def test_a_deep_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("deep-" * 20)
    with EmbeddedPostgres(deep, VOLATILE) as server, psycopg.connect(server.admin_url()) as admin:
        assert admin.execute("SELECT 1").fetchone() == (1,)


def test_only_the_owner_of_the_data_may_enter(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, VOLATILE):
        data = (tmp_path / "data").stat()
        assert stat.S_IMODE(data.st_mode) == 0o700
        assert data.st_uid != 0 or os.geteuid() != 0


def test_an_unfinished_folder_is_not_taken_for_a_database(tmp_path: Path) -> None:
    (tmp_path / "unfinished-1").mkdir()
    (tmp_path / "unfinished-1" / "PG_VERSION").write_text("18")
    with EmbeddedPostgres(tmp_path, VOLATILE) as server, psycopg.connect(server.admin_url()):
        pass


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerFailed, match="no_such_setting"):
        EmbeddedPostgres(tmp_path, {**VOLATILE, "no_such_setting": "on"}).start()
