"""A process is well while its loop turns and reaches its parts; the check starts neither."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from processes import heartbeat as heartbeat_module
from processes.child_health import ailment_of as ailment_of_child
from processes.healthcheck import Ailment, Unwell, check
from processes.heartbeat import Heartbeat, heartbeat_file
from processes.settings import DatabaseUnset, Settings
from tests.faults.oracle import until
from tests.processes.test_start_up import HEAVY, loaded_by, started, suite

NOBODY = "postgresql://ada:a-lighthouse@127.0.0.1:1/suite"
ENDS_WITHIN_S = 30.0


def settings(home: Path, database: str | None = None, **others: object) -> Settings:
    url = SecretStr(database) if database else None
    return Settings.model_validate(
        {"home": home, "database_url": url, "api_processes": 1, **others}
    )


def ailment_of(found: Settings, process: str) -> Ailment | None:
    """What is wrong with it; None where it is well."""
    try:
        check(found, process)
    except Unwell as unwell:
        said, ailment = str(unwell), unwell.ailment
    else:
        return None
    assert "a-lighthouse" not in said
    return ailment


def turning(found: Settings, process: str) -> Heartbeat:
    """This test as the process: its main loop has just turned."""
    heartbeat = Heartbeat(heartbeat_file(found, process))
    assert not heartbeat.is_set()
    return heartbeat


def seems_older(file: Path, seconds: float) -> None:
    """As if the loop had turned this long before."""
    turned_s = file.stat().st_mtime - seconds
    os.utime(file, (turned_s, turned_s))


@contextmanager
def running_relay(home: Path, url: str) -> Iterator["subprocess.Popen[str]"]:
    process = started(
        "-m", "processes.cli", "run", "relay", SUITE_HOME=str(home), SUITE_DATABASE_URL=url
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_process_that_was_never_started_is_unwell_and_asking_starts_nothing(
    tmp_path: Path, database: str
) -> None:
    asked = {"SUITE_HOME": str(tmp_path), "SUITE_DATABASE_URL": database}
    for _ in range(2):
        code, out, error = suite("healthcheck", "relay", **asked)
        assert (code, out) == (1, "")
        assert Ailment.NOT_BEGUN in error
        assert len(error.splitlines()) == 1
    assert not heartbeat_file(settings(tmp_path), "relay").exists()


def test_a_process_is_well_while_it_runs_and_not_after_it_has_ended(
    tmp_path: Path, database: str
) -> None:
    found = settings(tmp_path, database)
    with running_relay(tmp_path, database) as relay:
        until(lambda: ailment_of(found, "relay") is None, "the relay is well")
        asked = {"SUITE_HOME": str(tmp_path), "SUITE_DATABASE_URL": database}
        assert suite("healthcheck", "relay", **asked) == (0, "relay is well\n", "")
        # Another process of this installation is not well because this one is.
        assert ailment_of(found, "recorder") is Ailment.NOT_BEGUN
        relay.terminate()
        relay.wait(ENDS_WITHIN_S)
        assert ailment_of(found, "relay") is Ailment.NOT_BEGUN


def test_a_process_that_was_killed_is_unwell_although_its_heartbeat_is_fresh(
    tmp_path: Path, database: str
) -> None:
    found = settings(tmp_path, database)
    with running_relay(tmp_path, database) as relay:
        until(lambda: ailment_of(found, "relay") is None, "the relay is well")
        relay.kill()
        relay.wait(ENDS_WITHIN_S)
        assert ailment_of(found, "relay") is Ailment.GONE


def test_a_process_that_hangs_is_unwell_until_it_goes_on(tmp_path: Path, database: str) -> None:
    found = settings(tmp_path, database)
    file = heartbeat_file(found, "relay")
    with running_relay(tmp_path, database) as relay:
        until(lambda: ailment_of(found, "relay") is None, "the relay is well")
        relay.send_signal(signal.SIGSTOP)
        seems_older(file, found.turn_max_s + 1)
        assert ailment_of(found, "relay") is Ailment.HANGS
        relay.send_signal(signal.SIGCONT)
        until(lambda: ailment_of(found, "relay") is None, "the relay is well again")


def test_what_another_thread_does_is_no_sign_of_the_main_loop(tmp_path: Path) -> None:
    stop = Heartbeat(heartbeat_file(settings(tmp_path), "watchdog"))
    for look in (stop.is_set, lambda: stop.wait(0.0)):
        beside = threading.Thread(target=look)
        beside.start()
        beside.join()
    assert list(tmp_path.rglob("*watchdog*")) == []
    stop.is_set()
    assert heartbeat_file(settings(tmp_path), "watchdog").read_text() == str(os.getpid())


def test_a_heartbeat_of_an_earlier_process_is_not_taken_for_that_of_its_successor(
    tmp_path: Path, database: str
) -> None:
    found = settings(tmp_path, database)
    turning(found, "relay")
    assert ailment_of(found, "relay") is None
    Heartbeat(heartbeat_file(found, "relay"))
    assert ailment_of(found, "relay") is Ailment.NOT_BEGUN


def test_a_process_whose_folder_cannot_be_written_works_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    stop = Heartbeat(heartbeat_file(settings(tmp_path), "relay"))
    assert not stop.is_set()
    stop.set()
    assert stop.wait(0.0)


@pytest.mark.parametrize("process", ["relay", "projector", "recorder", "reactor", "watchdog"])
def test_a_process_without_its_database_is_unwell(
    tmp_path: Path, database: str, process: str
) -> None:
    turning(settings(tmp_path), process)
    assert ailment_of(settings(tmp_path, database), process) is None
    assert ailment_of(settings(tmp_path, NOBODY), process) is Ailment.DATABASE
    with pytest.raises(DatabaseUnset):
        check(settings(tmp_path), process)


def test_a_login_that_is_not_bound_to_the_role_is_not_good_enough(
    tmp_path: Path, admin_database: str
) -> None:
    turning(settings(tmp_path), "relay")
    assert ailment_of(settings(tmp_path, admin_database), "relay") is Ailment.DATABASE


@pytest.mark.parametrize("process", ["relay", "worker", "screener"])
def test_a_process_without_its_topics_is_unwell(
    tmp_path: Path, database: str, process: str
) -> None:
    turning(settings(tmp_path), process)
    away = settings(tmp_path, database, kafka_bootstrap="localhost:1")
    assert ailment_of(away, process) is Ailment.TOPICS


def test_topics_that_are_rows_are_reached_through_the_database(
    tmp_path: Path, database: str
) -> None:
    turning(settings(tmp_path), "worker")
    assert ailment_of(settings(tmp_path, database), "worker") is None
    assert ailment_of(settings(tmp_path, NOBODY), "worker") is Ailment.DATABASE


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Somebody who answers `/readyz` with this status. Yields the port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def test_the_api_is_well_when_it_says_that_it_is_ready_and_its_loop_turns(tmp_path: Path) -> None:
    with answering(200) as port:
        # As a container listens: everywhere.
        found = settings(tmp_path, host="0.0.0.0", port=port)
        assert ailment_of(found, "api") is Ailment.NOT_BEGUN
        turning(found, "api")
        assert ailment_of(found, "api") is None
        seems_older(heartbeat_file(found, "api"), found.turn_max_s + 1)
        assert ailment_of(found, "api") is Ailment.HANGS
        turning(found, "api")
    assert ailment_of(found, "api") is Ailment.NOT_READY


def test_an_api_that_waits_is_to_blame_only_where_its_database_answers(
    tmp_path: Path, database: str
) -> None:
    turning(settings(tmp_path), "api")
    with answering(503) as port:
        assert ailment_of(settings(tmp_path, port=port), "api") is Ailment.NOT_READY
        assert ailment_of(settings(tmp_path, database, port=port), "api") is Ailment.NOT_READY
        assert ailment_of(settings(tmp_path, NOBODY, port=port), "api") is Ailment.DATABASE


def test_a_child_is_judged_by_itself_and_not_by_its_database_or_topics(tmp_path: Path) -> None:
    away = settings(tmp_path, NOBODY, kafka_bootstrap="localhost:1")
    for name in ("relay", "worker"):
        turning(away, name)
        assert ailment_of_child(away, name, os.getsid(0)) is None
    seems_older(heartbeat_file(away, "relay"), away.turn_max_s + 1)
    assert ailment_of_child(away, "relay", os.getsid(0)) is Ailment.HANGS


def test_what_a_childs_predecessor_has_left_is_not_taken_for_its_own_heartbeat(
    tmp_path: Path,
) -> None:
    found = settings(tmp_path)
    turning(found, "relay")
    seems_older(heartbeat_file(found, "relay"), found.turn_max_s + 1)
    assert ailment_of_child(found, "relay", os.getsid(0) + 1) is Ailment.NOT_BEGUN


def test_a_further_worker_has_a_heartbeat_of_its_own(tmp_path: Path) -> None:
    found = settings(tmp_path)
    turning(found, "worker")
    assert ailment_of_child(found, "worker-2", os.getsid(0)) is Ailment.NOT_BEGUN
    turning(found.model_copy(update={"worker_name": "worker-2"}), "worker")
    assert ailment_of_child(found, "worker-2", os.getsid(0)) is None


def test_where_no_heartbeat_can_be_written_silence_is_no_ailment_of_a_child(
    tmp_path: Path,
) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    assert ailment_of_child(settings(tmp_path), "relay", os.getsid(0)) is None


def test_a_heartbeat_that_could_not_be_written_is_written_once_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat_module, "TOUCH_INTERVAL_S", 0.0)
    found = settings(tmp_path)
    (tmp_path / "run").write_text("a file where the folder should be")
    stop = Heartbeat(heartbeat_file(found, "relay"))
    assert not stop.is_set()
    (tmp_path / "run").unlink()
    assert not stop.is_set()
    assert heartbeat_file(found, "relay").read_text() == str(os.getpid())


def test_a_process_that_does_not_exist_is_told_by_name() -> None:
    code, _, error = suite("healthcheck", "lighthouse")
    assert code == 2
    assert "lighthouse" in error


def test_asking_loads_no_engine_no_web_server_and_no_broker_before_it_is_needed() -> None:
    [modules] = loaded_by("processes.healthcheck").values()
    assert not modules & {*HEAVY, "kafka", "fastapi", "cv2", "numpy"}


def test_of_several_api_processes_each_is_known_by_its_own_heartbeat(tmp_path: Path) -> None:
    """Whoever answered at their port might be another one."""
    one = settings(tmp_path, api_processes=2, port=1)
    other = one.model_copy(update={"worker_name": "api-2"})
    turning(one, "api")
    turning(other, "api")
    assert [ailment_of(found, "api") for found in (one, other)] == [None, None]
    seems_older(heartbeat_file(other, "api"), 3 * one.turn_max_s)
    assert [ailment_of(found, "api") for found in (one, other)] == [None, Ailment.HANGS]
