"""One child of the supervisor: an operating-system process and the session it leads."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from processes.lifecycle import SUPERVISED


class SupervisedChild:
    """Runs from the start on. `on_end` is called once, by a thread of its own.

    Whatever the process leaves of its session when it ends is killed: nobody else would ever find a
    grandchild that was stopped.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        on_end: Callable[[], None],
    ) -> None:
        self.name = name
        self.started_s = time.monotonic()
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            list(command),
            env={**environment, SUPERVISED: "1"},
            stdin=subprocess.PIPE,
            # Its own session: a Ctrl-C in the terminal reaches the supervisor alone.
            start_new_session=True,
        )
        threading.Thread(target=self._see_it_end, args=[on_end], daemon=True).start()

    @property
    def pid(self) -> int:
        """The id of the process, which is that of its session."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.returncode if self.ended.is_set() else None

    def terminate(self) -> None:
        """Ask it to end. May be called twice, and after its end."""
        self._signal(lambda: os.kill(self.pid, signal.SIGTERM))

    def kill(self) -> None:
        """Kill it and all of its session: a stopped process hears nothing else."""
        self._signal(lambda: os.killpg(self.pid, signal.SIGKILL))

    def _signal(self, send: Callable[[], None]) -> None:
        # Not while it is reaped: its id may be somebody else's right afterwards.
        with self._lock, suppress(ProcessLookupError):
            if not self.ended.is_set():
                send()

    def _see_it_end(self, on_end: Callable[[], None]) -> None:
        # It has ended and keeps its id, so that the session is still its own.
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
            self.ended.set()
        if self._process.stdin is not None:
            self._process.stdin.close()
        on_end()
