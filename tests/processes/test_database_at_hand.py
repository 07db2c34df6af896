"""An auditor's command finds the database of `suite up`, and leaves it as it was."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from adapters.postgres.embedded import VOLATILE, EmbeddedPostgres
from adapters.postgres.migrate import migrate
from processes.cli import cli
from processes.database_at_hand import database_at_hand
from processes.embedded import postgres_folder
from processes.settings import DatabaseUnset, Settings


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The data folder of an installation that stands still."""
    with tempfile.TemporaryDirectory(prefix="suite-test-") as folder:
        home = Path(folder)
        server = EmbeddedPostgres(postgres_folder(Settings(home=home)), VOLATILE)
        with server:
            migrate(server.admin_url())
        yield home
        server.stop()


def server_of(home: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(postgres_folder(Settings(home=home)), VOLATILE)


def test_an_export_needs_no_setting_where_suite_up_keeps_the_database(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUITE_HOME", str(home))
    monkeypatch.delenv("SUITE_DATABASE_URL", raising=False)
    out = tmp_path / "ledger.jsonl"
    done = CliRunner().invoke(cli, ["audit", "export", str(out)])
    assert done.exit_code == 0, done.output
    assert [json.loads(line) for line in out.read_text().splitlines()][-1]["rows"] == 0
    assert not server_of(home).is_running()


def test_a_server_that_runs_already_goes_on_running(home: Path) -> None:
    with server_of(home) as server:
        with database_at_hand(Settings(home=home)) as url:
            assert url == server.url()
        assert server.is_running()


def test_a_database_that_is_set_comes_first(home: Path) -> None:
    elsewhere = SecretStr("postgresql://suite@elsewhere/suite")
    with database_at_hand(Settings(home=home, database_url=elsewhere)) as url:
        assert url == elsewhere.get_secret_value()
    assert not server_of(home).is_running()


def test_where_nothing_was_ever_kept_the_operator_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnset), database_at_hand(Settings(home=tmp_path)):
        pass
