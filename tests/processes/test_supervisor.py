"""The supervisor keeps its children alive, and takes all of them with it, however it ends."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from processes import supervisor as supervisor_module
from processes.healthcheck import Ailment
from processes.lifecycle import SUPERVISED
from processes.supervisor import ASKS_PER_TURN, RESTART_DELAY_MIN_S, Health, Supervisor
from tests.faults.living import is_running
from tests.faults.oracle import until

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0
ON_LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere nobody continues what was stopped"
)
TURN_MAX_S = 0.3
"""A child's health is asked for six times in this time."""

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

PARENT_OF_A_STOPPED_CHILD = """
import os, signal, subprocess, sys, threading
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
os.kill(child.pid, signal.SIGSTOP)
Path(sys.argv[1] + "-child").write_text(str(child.pid))
Path(sys.argv[1]).write_text(str(os.getpid()))
threading.Event().wait()
"""

PARENT_OF_A_CHILD_PROCESS = """
import sys, threading
from pathlib import Path
from gpu_consumers.worker.child import ChildSettings, live_with_parent
from gpu_consumers.worker.child_process import ChildProcess
def run(pipe, settings):
    live_with_parent()
    (settings.work_dir / "waits").touch()
    threading.Event().wait()
if __name__ == "__main__":
    child = ChildProcess(ChildSettings(Path(sys.argv[1])), run)
    Path(sys.argv[1], "pid").write_text(str(child._process.pid))
    threading.Event().wait()
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def pid_in(path: Path) -> int:
    """The process id that a child has written down, once it has."""
    return int(until(lambda: path.exists() and path.read_text(), f"{path.name} started"))


@dataclass
class Complaints:
    """What is said of the health of children, and what was asked."""

    of: dict[str, Ailment] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    never_answers: str = ""

    def ask(self, name: str, session: int) -> Ailment | None:
        """See `Health.ask`."""
        self.asked[name] += 1
        if name == self.never_answers:
            threading.Event().wait()
        return self.of.get(name)

    def are_asked(self, name: str, times: int) -> None:
        """Wait until so many more answers were given."""
        before = self.asked[name]
        until(lambda: self.asked[name] > before + times, f"{name} was asked for {times} times")


def health(complaints: Complaints, *, start_up_max_s: float = 0.0) -> Health:
    return Health(complaints.ask, TURN_MAX_S, start_up_max_s, grace_s=0.2)


@contextmanager
def supervised(
    code: str, folder: Path, *names: str, health: Health | None = None
) -> Iterator[Callable[[], None]]:
    """A supervisor in a thread. Yields what stops it."""
    stop = threading.Event()
    supervisor = Supervisor(
        names,
        lambda name: [sys.executable, "-c", code, str(folder / name)],
        environment(),
        health=health,
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


@pytest.mark.parametrize("ailment", [Ailment.HANGS, Ailment.NOT_READY])
def test_a_child_that_is_unwell_is_restarted_and_no_other(tmp_path: Path, ailment: Ailment) -> None:
    complaints = Complaints()
    with supervised(GOOD_CHILD, tmp_path, "lathe", "mill", health=health(complaints)):
        old_pid, other_pid = pid_in(tmp_path / "lathe"), pid_in(tmp_path / "mill")
        complaints.are_asked("lathe", 2)
        assert is_running(old_pid)
        (tmp_path / "lathe").unlink()
        complaints.of["lathe"] = ailment
        until(lambda: not is_running(old_pid), "the child is ended")
        complaints.of.clear()
        assert pid_in(tmp_path / "lathe") != old_pid
        assert is_running(other_pid)


@pytest.mark.parametrize("code", [GOOD_CHILD, DEAF_CHILD], ids=["stopped", "deaf"])
def test_an_unwell_child_that_does_not_hear_is_killed_and_started_again(
    tmp_path: Path, code: str
) -> None:
    complaints = Complaints()
    with supervised(code, tmp_path, "lathe", health=health(complaints)):
        old_pid = pid_in(tmp_path / "lathe")
        (tmp_path / "lathe").unlink()
        if code is GOOD_CHILD:
            os.kill(old_pid, signal.SIGSTOP)
        complaints.of["lathe"] = Ailment.HANGS
        until(lambda: not is_running(old_pid), "the child is killed")
        complaints.of.clear()
        new_pid = pid_in(tmp_path / "lathe")
        os.kill(new_pid, signal.SIGKILL)


@pytest.mark.parametrize("name_of_signal", ["SIGKILL", "SIGSTOP"])
def test_with_a_child_goes_its_own_child_though_it_was_stopped(
    tmp_path: Path, name_of_signal: str
) -> None:
    complaints = Complaints()
    with supervised(PARENT_OF_A_STOPPED_CHILD, tmp_path, "lathe", health=health(complaints)):
        old_pid, grandchild = pid_in(tmp_path / "lathe"), pid_in(tmp_path / "lathe-child")
        os.kill(old_pid, signal.Signals[name_of_signal])
        if name_of_signal == "SIGSTOP":
            complaints.of["lathe"] = Ailment.HANGS
        until(lambda: not is_running(grandchild), "the grandchild is killed")
        complaints.of.clear()
        until(lambda: not is_running(old_pid), "its parent is killed")


def test_a_moment_of_unwellness_is_nobodys_end(tmp_path: Path) -> None:
    """As after a machine has slept: every heartbeat is old until its loop has turned once."""
    complaints = Complaints()
    says = iter([None, Ailment.HANGS, None, Ailment.NOT_READY, Ailment.HANGS, None])

    def ask(name: str, session: int) -> Ailment | None:
        complaints.ask(name, session)
        return next(says, None)

    asking = Health(ask, TURN_MAX_S, 0.0, grace_s=0.2)
    with supervised(GOOD_CHILD, tmp_path, "lathe", health=asking):
        pid = pid_in(tmp_path / "lathe")
        complaints.are_asked("lathe", 8)
        assert is_running(pid)


@pytest.mark.parametrize("ailment", [Ailment.DATABASE, Ailment.TOPICS])
def test_what_no_restart_mends_restarts_nobody(tmp_path: Path, ailment: Ailment) -> None:
    complaints = Complaints({"lathe": ailment, "mill": ailment})
    with supervised(GOOD_CHILD, tmp_path, "lathe", "mill", health=health(complaints)):
        pids = [pid_in(tmp_path / name) for name in ("lathe", "mill")]
        for name in ("lathe", "mill"):
            complaints.are_asked(name, 2 * ASKS_PER_TURN)
        assert all(is_running(pid) for pid in pids)


@pytest.mark.parametrize("ailment", [Ailment.NOT_BEGUN, Ailment.GONE])
def test_a_child_that_is_still_starting_is_not_unwell_and_one_that_never_begins_is(
    tmp_path: Path, ailment: Ailment
) -> None:
    complaints = Complaints({"lathe": ailment})
    patient = health(complaints, start_up_max_s=60.0)
    with supervised(GOOD_CHILD, tmp_path, "lathe", health=patient):
        pid = pid_in(tmp_path / "lathe")
        complaints.are_asked("lathe", 2 * ASKS_PER_TURN)
        assert is_running(pid)
    with supervised(GOOD_CHILD, tmp_path, "lathe", health=health(complaints)):
        pid = pid_in(tmp_path / "lathe")
        until(lambda: not is_running(pid), "it is ended")


def test_an_answer_that_stays_away_keeps_nobody_else_from_being_asked(tmp_path: Path) -> None:
    complaints = Complaints(never_answers="lathe")
    with supervised(GOOD_CHILD, tmp_path, "lathe", "mill", health=health(complaints)):
        pid = pid_in(tmp_path / "mill")
        complaints.of["mill"] = Ailment.HANGS
        until(lambda: not is_running(pid), "the mill is restarted")
        complaints.of.clear()
        assert complaints.asked["lathe"] == 1


def test_a_supervisor_that_is_killed_takes_its_children_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISING, GOOD_CHILD, str(tmp_path)]
    with subprocess.Popen(command, env=environment(), cwd=ROOT) as supervising:
        pids = [pid_in(tmp_path / name) for name in ("lathe", "mill")]
        supervising.kill()
    until(lambda: not any(is_running(pid) for pid in pids), "the children end")


@ON_LINUX
def test_a_supervisor_that_is_killed_takes_a_child_with_it_that_was_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISING, GOOD_CHILD, str(tmp_path)]
    with subprocess.Popen(command, env=environment(), cwd=ROOT) as supervising:
        pids = [pid_in(tmp_path / name) for name in ("lathe", "mill")]
        os.kill(pids[0], signal.SIGSTOP)
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


@pytest.mark.parametrize("stopped", [False, pytest.param(True, marks=ON_LINUX)])
def test_a_worker_that_is_killed_takes_its_child_with_it(tmp_path: Path, *, stopped: bool) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT_OF_A_CHILD_PROCESS)
    command = [sys.executable, str(program), str(tmp_path)]
    with subprocess.Popen(command, env=environment(), cwd=ROOT) as parent:
        pid = pid_in(tmp_path / "pid")
        assert is_running(pid)
        if stopped:
            until((tmp_path / "waits").exists, "the child waits for work")
            os.kill(pid, signal.SIGSTOP)
        parent.kill()
    until(lambda: not is_running(pid), "the child ends")
