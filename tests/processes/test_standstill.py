"""A process whose main loop stands still ends itself; one that was stopped is not blamed for it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, socket

import pytest

from processes.heartbeat import Heartbeat
from processes.standstill import ENDING_MAX_S, EXIT_CODE, START_UP_MAX_S, Standstill
from tests.faults.oracle import until

ROOT = Path(__file__).parents[2]
TURN_MAX_S = 1.5
PATIENCE_S = 30.0

TURNING_UNTIL_TOLD = """
import sys, threading, time
from pathlib import Path
from processes.heartbeat import Heartbeat
from processes.lifecycle import stop_requested
from processes.standstill import end_at_standstill
folder = Path(sys.argv[1])
stop = stop_requested(Heartbeat(folder / "heartbeat"))
end_at_standstill("lathe", stop, turn_max_s=float(sys.argv[2]))
prompt = "a lighthouse in fog"
while not stop.wait(0.05):
    (folder / "turns").write_text(str(time.monotonic()))
    if (folder / "stand-still").exists():
        threading.Event().wait()
"""

SERVING = """
import sys, threading
from pathlib import Path
import uvicorn
from processes.heartbeat import Heartbeat
from processes.standstill import end_at_standstill
from processes.wiring.api import ApiServer

async def app(scope, receive, send):
    if scope["type"] == "http":
        threading.Event().wait()

folder = Path(sys.argv[1])
stop = Heartbeat(folder / "heartbeat")
end_at_standstill("api", stop, turn_max_s=float(sys.argv[2]))
server = ApiServer(uvicorn.Config(app, port=int(sys.argv[3]), log_config=None), stop)
server.run()
"""


@contextmanager
def turning(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process whose main loop turns until there is a file `stand-still`."""
    with subprocess.Popen(
        [sys.executable, "-c", TURNING_UNTIL_TOLD, str(folder), str(TURN_MAX_S)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            until((folder / "turns").exists, "its loop turns")
            yield process
        finally:
            process.kill()


def turned_s(folder: Path) -> float:
    """When its loop turned last."""
    return float((folder / "turns").read_text() or "inf")


def test_a_process_whose_loop_stands_still_ends_with_a_code_of_its_own_and_says_where(
    tmp_path: Path,
) -> None:
    with turning(tmp_path) as process:
        began_s = time.monotonic()
        (tmp_path / "stand-still").touch()
        said, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == EXIT_CODE
        assert time.monotonic() - began_s >= TURN_MAX_S
    [line] = said.splitlines()
    assert "main loop stands still" in line
    assert "<string>:14" in line
    assert "lighthouse" not in line


def test_a_process_that_was_stopped_and_goes_on_lives(tmp_path: Path) -> None:
    with turning(tmp_path) as process:
        process.send_signal(signal.SIGSTOP)
        # Nothing that the test could wait for happens in a process that is stopped.
        threading.Event().wait(2 * TURN_MAX_S)
        continued_s = time.monotonic()
        process.send_signal(signal.SIGCONT)
        until(lambda: turned_s(tmp_path) > continued_s + TURN_MAX_S, "it goes on")
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_an_api_whose_event_loop_is_blocked_ends_itself_and_one_that_waits_does_not(
    tmp_path: Path,
) -> None:
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    command = [sys.executable, "-c", SERVING, str(tmp_path), str(TURN_MAX_S), str(port)]
    file = tmp_path / "heartbeat"
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}) as api:
        began_s = until(lambda: file.exists() and file.stat().st_mtime, "its loop turns")
        until(lambda: file.stat().st_mtime > began_s + TURN_MAX_S, "it waits and is well")
        with create_connection(("127.0.0.1", port)) as asking:
            asking.sendall(b"GET / HTTP/1.1\r\nHost: studio\r\n\r\n")
            assert api.wait(PATIENCE_S) == EXIT_CODE


class Pulse:
    """A main loop that turns when a test says so, and the standstill that watches it."""

    def __init__(self, folder: Path) -> None:
        self.stop = Heartbeat(folder / "heartbeat")
        self.standstill = Standstill(self.stop, turn_max_s=60.0)

    def stands_still_after_s(self) -> float:
        """For how many seconds it may stand still from now on."""
        self.standstill.tick()
        ticks = 1
        while not self.standstill.tick():
            ticks += 1
        return ticks * self.standstill.tick_s


@pytest.fixture
def pulse(tmp_path: Path) -> Pulse:
    return Pulse(tmp_path)


def test_each_turn_gives_the_loop_its_whole_time_again(pulse: Pulse) -> None:
    for _ in range(1_000):
        assert not pulse.stop.is_set()
        assert not pulse.standstill.tick()
    assert pulse.stands_still_after_s() == pytest.approx(60.0, abs=2.0)


def test_before_its_first_turn_a_process_has_the_time_of_a_start(pulse: Pulse) -> None:
    assert pulse.stands_still_after_s() == pytest.approx(START_UP_MAX_S, abs=2.0)


@pytest.mark.parametrize("how", ["told to end", "its loop is over"])
def test_once_it_is_to_end_a_process_has_the_time_of_an_ending(tmp_path: Path, how: str) -> None:
    pulse = Pulse(tmp_path)
    pulse.standstill = Standstill(pulse.stop, turn_max_s=2.0)
    pulse.stop.is_set()
    if how == "told to end":
        pulse.stop.set()
    else:
        pulse.stop.end()
    assert pulse.stands_still_after_s() == pytest.approx(ENDING_MAX_S, abs=2.0)


def test_what_other_threads_do_is_no_turn(pulse: Pulse) -> None:
    pulse.stop.is_set()
    turns = pulse.stop.turns
    beside = threading.Thread(target=pulse.stop.is_set)
    beside.start()
    beside.join()
    assert pulse.stop.turns == turns
