"""`suite status`, on a studio of `suite up` and on a database of one's own."""

import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from rich.console import Console

from adapters.postgres.embedded import VOLATILE, EmbeddedPostgres
from adapters.postgres.migrate import migrate
from processes.heartbeat import Heartbeat, heartbeat_file
from processes.settings import PROCESS_NAMES, Settings
from processes.status.line import Line
from processes.status.running import running
from processes.status.status import Status, say, show, status_of
from topics.embedded import EmbeddedTransport


@pytest.fixture
def prepared(database: str) -> str:
    """A database with topics, which nobody has used."""
    with EmbeddedTransport(database) as transport:
        transport.create_topics()
    return database


def settings_at(database: str, home: Path) -> Settings:
    return Settings(home=home, database_url=SecretStr(database))


def ills(status: Status) -> dict[str, str]:
    return {line.subject: line.advice for line in status.lines if line.advice is not None}


def test_a_database_of_ones_own_is_well_although_its_processes_run_elsewhere(
    prepared: str, tmp_path: Path
) -> None:
    status = status_of(settings_at(prepared, tmp_path))
    assert ills(status) == {}
    assert status.is_well
    assert {"processes", "database", "relay reads", "ledger"} <= {
        line.subject for line in status.lines
    }


def test_what_is_amiss_in_the_database_is_told_with_what_to_do(
    prepared: str, admin_database: str, tmp_path: Path
) -> None:
    with psycopg.connect(admin_database, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO views.balances (owner_id, available, reserved, spent, position) "
            "VALUES (gen_random_uuid(), -1, 0, 0, 1)"
        )
    status = status_of(settings_at(prepared, tmp_path))
    assert not status.is_well
    assert "suite audit verify" in ills(status)["ledger"]


def test_a_database_that_is_away_is_told_without_its_address(tmp_path: Path) -> None:
    status = status_of(settings_at("postgresql://ada:in-fog@127.0.0.1:1/suite", tmp_path))
    assert "SUITE_DATABASE_URL" in ills(status)["database"]
    assert "in-fog" not in status.as_json()


def test_a_database_without_topics_is_told_to_get_some(database: str, tmp_path: Path) -> None:
    assert "suite topics create" in ills(status_of(settings_at(database, tmp_path)))["topics"]


def test_where_nothing_was_ever_started_there_is_one_thing_to_do(tmp_path: Path) -> None:
    found = ills(status_of(Settings(home=tmp_path)))
    assert set(found.values()) == {"start the studio: `suite up`"}


@contextmanager
def ready_api() -> Iterator[int]:
    """An API that says that it is ready. Answers its port."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def home() -> Iterator[Path]:
    """Not under pytest's own folder, which the server's account may not enter."""
    with tempfile.TemporaryDirectory(prefix="suite-test-") as folder:
        yield Path(folder)


def test_the_folder_of_suite_up_is_enough_to_tell_how_everything_is(home: Path) -> None:
    with EmbeddedPostgres(home / "postgres", VOLATILE) as server, ready_api() as port:
        migrate(server.admin_url())
        settings = Settings(home=home, port=port)
        with EmbeddedTransport(server.url()) as transport:
            transport.create_topics()
        hearts = {name: Heartbeat(heartbeat_file(settings, name)) for name in PROCESS_NAMES}
        further = settings.model_copy(update={"worker_name": "worker-2"})
        hearts["worker-2"] = Heartbeat(heartbeat_file(further, "worker"))
        for heart in hearts.values():
            heart.is_set()
        status = status_of(settings)
        assert ills(status) == {}
        told = {line.subject: line.what for line in status.lines}
        assert told["relay"].endswith("metrics at http://127.0.0.1:9400/metrics")
        assert told["worker"].endswith(":9406/metrics")
        assert told["worker-2"].endswith(":9408/metrics")
        hearts["relay"].end()
        assert ills(status_of(settings)).keys() == {"relay"}
        assert "`suite run relay`" in ills(status_of(settings))["relay"]


def test_of_several_apis_none_is_blamed_for_what_another_on_their_port_answers(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path, port=closed_port(), api_processes=1)
    members = ("api-vm", "api-2")
    each = [settings.model_copy(update={"worker_name": member}) for member in members]
    hearts = [Heartbeat(heartbeat_file(own, "api")) for own in each]
    hearts[0].is_set()
    assert told_of_apis(settings) == ["it does not say that it is ready"]
    hearts[1].is_set()
    assert all(what.startswith("its main loop turns") for what in told_of_apis(settings))
    hearts[1].end()


def test_whoever_looks_needs_none_of_the_settings_it_was_started_with(tmp_path: Path) -> None:
    with ready_api() as port:
        started = Settings(home=tmp_path, port=port, metrics_port=19_400, api_processes=1)
        heart = Heartbeat(
            heartbeat_file(started, "api"), ports=(started.port, started.metrics_port)
        )
        heart.is_set()
        elsewhere = Settings(home=tmp_path, port=closed_port(), api_processes=1)
        [told] = told_of_apis(elsewhere)
        assert "its main loop turns; metrics at http://127.0.0.1:194" in told
        heart.end()


def told_of_apis(settings: Settings) -> list[str]:
    lines = running(settings, all_expected=True)
    return [line.what for line in lines if line.subject.startswith("api")]


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


ILL = Status((Line("relay", "its main loop turns"), Line("ledger", "2 wrong", "audit it")))


def said(**console: Any) -> str:
    out = StringIO()
    show(ILL, Console(file=out, width=40, **console))
    return out.getvalue()


def test_a_person_is_told_what_to_do_below_what_is_not_well() -> None:
    assert said().splitlines() == [
        "✓ relay   its main loop turns",
        "✗ ledger  2 wrong",
        "  → audit it",
        "1 of 2 need you",
    ]


def test_colours_are_for_terminals_and_for_those_who_want_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    green = "\x1b[32m"
    assert green in said(force_terminal=True)
    assert "\x1b" not in said()
    monkeypatch.setenv("NO_COLOR", "1")
    assert green not in said(force_terminal=True)


def test_a_program_is_told_the_same_and_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert say(ILL, as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["well"] is False
    assert found["lines"][1] == {
        "subject": "ledger",
        "what": "2 wrong",
        "advice": "audit it",
        "well": False,
    }
    assert say(Status(ILL.lines[:1]), as_json=True) == 0
