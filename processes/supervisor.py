"""Runs every process on one machine: starts them, restarts what dies or hangs, ends them in order.

A restart mends what is a process's own: a loop that stands still, an API that does not answer. It
does not mend a database or topics that are out of reach: every process would be restarted at once,
over and over, and each would find the same; they all wait for it and go on by themselves.
"""

import math
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from processes.healthcheck import Ailment
from processes.standstill import START_UP_MAX_S
from processes.supervised_child import SupervisedChild

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

ASKS_PER_TURN = 6
"""How often a child's health is asked for in the time of the longest turn."""
ASKS_IN_A_ROW = {
    # Once is not enough: after the machine has slept, every heartbeat is old for a moment.
    Ailment.HANGS: 2,
    Ailment.GONE: 2,
    Ailment.NOT_BEGUN: 2,
    # A busy API is not ready for a while; a whole turn long is too long.
    Ailment.NOT_READY: ASKS_PER_TURN,
}
"""What a restart mends, and in how many answers in a row it has to be found."""
ONLY_LATER = (Ailment.NOT_BEGUN, Ailment.GONE)
"""How a process looks that is just being started: nothing shown, or what its predecessor left."""


@dataclass(frozen=True)
class Health:
    """How a child's health is asked for. `ask` takes its name and session, and may take long.

    `turn_max_s` is the longest turn of a loop that is well. What is unwell is told to end, and
    killed `grace_s` later.
    """

    ask: Callable[[str, int], Ailment | None]
    turn_max_s: float
    start_up_max_s: float = START_UP_MAX_S
    grace_s: float = 5.0


@dataclass
class _Place:
    """What stands behind a name: one child after the other."""

    child: SupervisedChild
    failures: int = 0
    restart_at_s: float | None = None


@dataclass
class Supervisor:
    """Keeps one child per name alive until `stop` is set.

    `command` gives the command line of a name. `environment` is what the children see, and
    `own_environment` what only the one of a name sees. Names end in the reverse order of their
    start. Without `health` only what ends is restarted.
    """

    names: Sequence[str]
    command: Callable[[str], Sequence[str]]
    environment: Mapping[str, str]
    on_change: Callable[[str, str], None] = lambda name, state: None
    own_environment: Callable[[str], Mapping[str, str]] = lambda name: {}
    health: Health | None = None
    _places: dict[str, _Place] = field(default_factory=dict, init=False)
    _ending: threading.Event = field(default_factory=threading.Event, init=False)

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
            self._ending.set()
            self._end_all()

    def pid(self, name: str) -> int:
        """The process id of a running child. For fault tests and status displays."""
        return self._places[name].child.pid

    def _start(self, name: str, wake: threading.Event, *, failures: int) -> None:
        environment = {**self.environment, **self.own_environment(name)}
        child = SupervisedChild(name, self.command(name), environment, wake.set)
        self._places[name] = _Place(child, failures)
        if self.health is not None:
            # A thread each: an answer that stays away keeps nobody else from being asked.
            threading.Thread(
                target=self._look_after, args=(child, self.health), daemon=True
            ).start()
        self.on_change(name, "running")

    def _tend(self, wake: threading.Event) -> None:
        now = time.monotonic()
        for name, place in list(self._places.items()):
            if not place.child.ended.is_set():
                continue
            if place.restart_at_s is None:
                steady = now - place.child.started_s >= STEADY_AFTER_S
                place.failures = 1 if steady else place.failures + 1
                delay_s = min(RESTART_DELAY_MAX_S, RESTART_DELAY_MIN_S * 2 ** (place.failures - 1))
                place.restart_at_s = now + delay_s
                code = place.child.code
                log.warning("process ended", name=name, code=code, restart_in_s=delay_s)
                self.on_change(name, f"restarting (exit {code})")
            elif now >= place.restart_at_s:
                self._start(name, wake, failures=place.failures)

    def _next_wait_s(self) -> float:
        due = [p.restart_at_s for p in self._places.values() if p.restart_at_s is not None]
        return min([0.5, *(max(0.0, at - time.monotonic()) for at in due)])

    def _look_after(self, child: SupervisedChild, health: Health) -> None:
        """Ask for its health until it ends, and end it where a restart would mend it."""
        last, in_a_row = None, 0
        while not child.ended.wait(health.turn_max_s / ASKS_PER_TURN):
            found = health.ask(child.name, child.pid)
            if found in ONLY_LATER and time.monotonic() - child.started_s < health.start_up_max_s:
                found = None
            last, in_a_row = found, in_a_row + 1 if found is last else 1
            if found is None or in_a_row < ASKS_IN_A_ROW.get(found, math.inf):
                continue
            if self._ending.is_set():
                return
            log.warning("process unwell", name=child.name, ailment=found.name)
            child.terminate()
            if not child.ended.wait(health.grace_s):
                child.kill()
            return

    def _end_all(self) -> None:
        """End those that work on others first: what they finish still finds somebody to take it."""
        children = [place.child for place in reversed(self._places.values())]
        working = [child for child in children if child.name.startswith(ENDED_FIRST)]
        self._end([child for child in children if child in working])
        self._end([child for child in children if child not in working])

    def _end(self, children: Sequence[SupervisedChild]) -> None:
        deadline_s = time.monotonic() + GRACE_S
        for child in children:
            child.terminate()
        for child in children:
            if not child.ended.wait(max(0.1, deadline_s - time.monotonic())):
                log.warning("process killed", name=child.name, after_s=GRACE_S)
                child.kill()
                child.ended.wait()
            self.on_change(child.name, "stopped")


def own_command(name: str) -> list[str]:
    """The command line that starts one process of this installation: `worker-2` is a worker."""
    return [sys.executable, "-m", "processes.cli", "run", name.partition("-")[0]]
