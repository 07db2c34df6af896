"""How a process shows that its main loop turns: by a file that the loop touches."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import structlog

from processes.settings import Settings
from processes.wiring.members import member_name

log = structlog.get_logger()

TOUCH_INTERVAL_S = 1.0


def heartbeat_file(settings: Settings, process: str) -> Path:
    """Where a process of this name shows it. Holds its process id and, behind it, its port and the
    first port of its metrics; its time is that of the turn.
    """
    return settings.running / f"{process}@{member_name(settings, process)}"


def as_it_was_started(settings: Settings, process: str) -> Settings:
    """These settings with the ports of the process that shows itself under them, where it does:
    whoever looks may have others than who started it.
    """
    try:
        _, port, metrics_port = heartbeat_file(settings, process).read_text("ascii").split()
    except (OSError, ValueError):
        return settings
    return settings.model_copy(update={"port": int(port), "metrics_port": int(metrics_port)})


class Heartbeat(threading.Event):
    """The event that tells a process to stop, and the file that says when it was last looked at.

    Every loop of ours looks at it once a turn. Only the looks of the thread that made it count:
    the main loop's. Nothing is in the file before the first, and nothing after `end`. `turns`
    counts them.
    """

    def __init__(self, file: Path, *, ports: tuple[int, ...] = ()) -> None:
        super().__init__()
        self._file = file
        self._ports = ports
        self._thread = threading.get_ident()
        self._touched_s = float("-inf")
        self._is_shown = False
        self._is_said = False
        self.turns = 0
        self._forget()

    def is_set(self) -> bool:
        """See `threading.Event.is_set`."""
        self._look()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event.wait`."""
        self._look()
        return super().wait(timeout)

    @property
    def thread(self) -> int:
        """The identity of the main loop's thread; -1 once the loop is over."""
        return self._thread

    def end(self) -> None:
        """The loop is over: whoever looks finds nothing."""
        self._thread = -1
        self._forget()

    def _look(self) -> None:
        if threading.get_ident() != self._thread:
            return
        self.turns += 1
        now_s = time.monotonic()
        if now_s - self._touched_s < TOUCH_INTERVAL_S:
            return
        self._touched_s = now_s
        try:
            self._touch()
        except OSError as error:
            # The work does not depend on it. Said once, and tried again: a disk may get room.
            if not self._is_said:
                self._is_said = True
                log.warning(
                    "no heartbeat", folder=str(self._file.parent), error=type(error).__name__
                )

    def _touch(self) -> None:
        if self._is_shown:
            os.utime(self._file)
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        shown = (os.getpid(), *self._ports)
        self._file.write_text(" ".join(str(number) for number in shown), encoding="ascii")
        self._is_shown = True

    def _forget(self) -> None:
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
