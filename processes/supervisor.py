"""Runs every process on one machine: starts them, restarts what dies, ends them in order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from processes.lifecycle import SUPERVISED

log = structlog.get_logger()

RESTART_DELAY_MIN_S = 0.5
RESTART_DELAY_MAX_S = 30.0
"""Each restart in a row waits twice as long, so that a broken process does not eat the machine."""
STEADY_AFTER_S = 60.0
"""A process that ran this long starts over with the shortest delay."""
GRACE_S = 25.0
"""How long a process may take to end after SIGTERM before it is killed."""

ENDED_FIRST = ("worker", "screener")
"""They upload through the API and report to the recorder, which therefore end later."""


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    started_s: float
    failures: int = 0
    restart_at_s: float | None = None


@dataclass
class Supervisor:
    """Keeps one child per name alive until `stop` is set.

    `command` gives the command line of a name. `environment` is what the children see, and
    `own_environment` what only the one of a name sees. Names end in the reverse order of their
    start.
    """

    names: Sequence[str]
    command: Callable[[str], Sequence[str]]
    environment: Mapping[str, str]
    on_change: Callable[[str, str], None] = lambda name, state: None
    own_environment: Callable[[str], Mapping[str, str]] = lambda name: {}
    _children: dict[str, _Child] = field(default_factory=dict, init=False)

    def run(self, stop: threading.Event) -> None:
        """Start every child, watch them until `stop`, then end them all. Leaves none behind."""
        wake = threading.Event()
        try:
            for name in self.names:
                self._start(name, wake, failures=0)
            while not stop.is_set():
                # Woken by a child's death; the timeout only bounds how late `stop` is seen.
                wake.wait(timeout=self._next_wait_s())
                wake.clear()
                self._tend(wake)
        finally:
            self._end_all()

    def pid(self, name: str) -> int:
        """The process id of a running child. For fault tests and status displays."""
        return self._children[name].process.pid

    def _start(self, name: str, wake: threading.Event, *, failures: int) -> None:
        process = subprocess.Popen(
            list(self.command(name)),
            env={**self.environment, **self.own_environment(name), SUPERVISED: "1"},
            stdin=subprocess.PIPE,
            # Its own session: a Ctrl-C in the terminal reaches the supervisor alone.
            start_new_session=True,
        )
        self._children[name] = _Child(name, process, time.monotonic(), failures)
        threading.Thread(target=_wake_on_exit, args=(process, wake), daemon=True).start()
        self.on_change(name, "running")

    def _tend(self, wake: threading.Event) -> None:
        now = time.monotonic()
        for child in list(self._children.values()):
            code = child.process.poll()
            if code is None:
                continue
            if child.restart_at_s is None:
                steady = now - child.started_s >= STEADY_AFTER_S
                child.failures = 1 if steady else child.failures + 1
                delay_s = min(RESTART_DELAY_MAX_S, RESTART_DELAY_MIN_S * 2 ** (child.failures - 1))
                child.restart_at_s = now + delay_s
                log.warning("process ended", name=child.name, code=code, restart_in_s=delay_s)
                self.on_change(child.name, f"restarting (exit {code})")
            elif now >= child.restart_at_s:
                self._start(child.name, wake, failures=child.failures)

    def _next_wait_s(self) -> float:
        due = [c.restart_at_s for c in self._children.values() if c.restart_at_s is not None]
        return min([0.5, *(max(0.0, at - time.monotonic()) for at in due)])

    def _end_all(self) -> None:
        """End those that work on others first: what they finish still finds somebody to take it."""
        children = list(reversed(self._children.values()))
        working = [child for child in children if child.name.startswith(ENDED_FIRST)]
        self._end([child for child in children if child in working])
        self._end([child for child in children if child not in working])

    def _end(self, children: Sequence[_Child]) -> None:
        deadline_s = time.monotonic() + GRACE_S
        for child in children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        for child in children:
            try:
                child.process.wait(timeout=max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process killed", name=child.name, after_s=GRACE_S)
                # The whole session: a worker's own child must not outlive it.
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
            self.on_change(child.name, "stopped")


def own_command(name: str) -> list[str]:
    """The command line that starts one process of this installation: `worker-2` is a worker."""
    return [sys.executable, "-m", "processes.cli", "run", name.partition("-")[0]]


def _wake_on_exit(process: subprocess.Popen[bytes], wake: threading.Event) -> None:
    process.wait()
    wake.set()
