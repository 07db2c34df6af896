"""The supervisor keeps its children alive, and takes all of them with it, however it ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from processes import supervisor as supervisor_module
from processes.lifecycle import SUPERVISED
from processes.supervisor import RESTART_DELAY_MIN_S, Supervisor
from tests.faults.oracle import until

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0

GOOD_CHILD = """
import os, sys
from pathlib import Path
from processes.lifecycle import stop_requested
stop = stop_requested()
Path(sys.argv[1]).write_text(str(os.getpid()))
stop.wait()
"""

DEAF_CHILD = """
import os, signal, sys, threading
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1]).write_text(str(os.getpid()))
threading.Event().wait()
"""

SHORT_LIVED_CHILD = """
import sys, time
with open(sys.argv[1], "a") as diary:
    diary.write(f"{time.monotonic()}\\n")
sys.exit(3)
"""

SUPERVISING = """
import os, sys, threading
from processes.supervisor import Supervisor
code, folder = sys.argv[1:]
names = ("lathe", "mill")
Supervisor(
    names,
    lambda name: [sys.executable, "-c", code, f"{folder}/{name}"],
    dict(os.environ),
).run(threading.Event())
"""

PARENT_OF_A_CHILD_PROCESS = """
import sys, threading
from pathlib import Path
from gpu_consumers.worker.child import ChildSettings
from gpu_consumers.worker.child_process import ChildProcess
if __name__ == "__main__":
    child = ChildProcess(ChildSettings(Path(sys.argv[1])))
    Path(sys.argv[1], "pid").write_text(str(child._process.pid))
    threading.Event().wait()
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pid_in(path: Path) -> int:
    """The process id that a child has written down, once it has."""
    return int(until(lambda: path.exists() and path.read_text(), f"{path.name} started"))


@contextmanager
def supervised(code: str, folder: Path, *names: str) -> Iterator[Callable[[], None]]:
    """A supervisor in a thread. Yields what stops it."""
    stop = threading.Event()
    supervisor = Supervisor(
        names, lambda name: [sys.executable, "-c", code, str(folder / name)], environment()
    )
    thread = threading.Thread(target=supervisor.run, args=(stop,))

    def end() -> None:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()

    thread.start()
    try:
        yield end
    finally:
        end()


def test_a_child_that_keeps_dying_is_started_again_ever_later(tmp_path: Path) -> None:
    diary = tmp_path / "lathe"
    with supervised(SHORT_LIVED_CHILD, tmp_path, "lathe"):
        until(lambda: diary.exists() and len(diary.read_text().split()) >= 3, "three starts")
    first, second, third = (float(at_s) for at_s in diary.read_text().split()[:3])
    assert second - first >= RESTART_DELAY_MIN_S
    assert third - second >= 2 * RESTART_DELAY_MIN_S


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    with supervised(GOOD_CHILD, tmp_path, "lathe", "mill"):
        old_pid, other_pid = pid_in(tmp_path / "lathe"), pid_in(tmp_path / "mill")
        (tmp_path / "lathe").unlink()
        os.kill(old_pid, signal.SIGKILL)
        assert pid_in(tmp_path / "lathe") != old_pid
        assert is_running(other_pid)


def test_told_to_stop_it_leaves_no_child_behind(tmp_path: Path) -> None:
    with supervised(GOOD_CHILD, tmp_path, "lathe", "mill") as end:
        pids = [pid_in(tmp_path / name) for name in ("lathe", "mill")]
        end()
        assert [pid for pid in pids if is_running(pid)] == []


def test_a_child_that_does_not_listen_is_killed_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "GRACE_S", 0.3)
    with supervised(DEAF_CHILD, tmp_path, "lathe") as end:
        pid = pid_in(tmp_path / "lathe")
        end()
        assert not is_running(pid)


def test_a_supervisor_that_is_killed_takes_its_children_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISING, GOOD_CHILD, str(tmp_path)]
    with subprocess.Popen(command, env=environment(), cwd=ROOT) as supervising:
        pids = [pid_in(tmp_path / name) for name in ("lathe", "mill")]
        supervising.kill()
    until(lambda: not any(is_running(pid) for pid in pids), "the children end")


def test_a_child_without_a_supervisor_does_not_watch_its_standard_input(tmp_path: Path) -> None:
    alone = {name: value for name, value in environment().items() if name != SUPERVISED}
    command = [sys.executable, "-c", GOOD_CHILD, str(tmp_path / "alone")]
    with subprocess.Popen(command, env=alone, cwd=ROOT, stdin=subprocess.DEVNULL) as process:
        assert pid_in(tmp_path / "alone") == process.pid
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


def test_a_worker_that_is_killed_takes_its_child_with_it(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT_OF_A_CHILD_PROCESS)
    command = [sys.executable, str(program), str(tmp_path)]
    with subprocess.Popen(command, env=environment(), cwd=ROOT) as parent:
        pid = pid_in(tmp_path / "pid")
        assert is_running(pid)
        parent.kill()
    until(lambda: not is_running(pid), "the child ends")
