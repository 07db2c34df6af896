"""How the parent holds its child: starts it, talks to it, and ends it when it must."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Protocol

import msgspec

from gpu_consumers.worker.assignments import REPORTS, Order, Report
from gpu_consumers.worker.child import ChildSettings, run_child


class Child(Protocol):
    """A process that does one piece of work at a time."""

    @property
    def is_alive(self) -> bool: ...

    def send(self, order: Order) -> None:
        """Give an order. A child that has died ignores it; see `is_alive`."""

    def reports(self, timeout_s: float) -> list[Report]:
        """All reports so far, waiting at most `timeout_s` for the first one."""

    def end(self) -> None:
        """Kill it at once. May be called twice."""


class ChildProcess:
    """A child as a spawned operating system process. `run` is its whole life."""

    def __init__(
        self,
        settings: ChildSettings,
        run: Callable[[Connection, ChildSettings], None] = run_child,
    ) -> None:
        # Spawned, not forked: torch and CUDA do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=run, args=(theirs, settings), name="suite-worker-child", daemon=True
        )
        self._process.start()
        # Ours must be the only open end, or its closing would never be noticed.
        theirs.close()

    @property
    def is_alive(self) -> bool:
        """See `Child.is_alive`."""
        return self._process.is_alive()

    def send(self, order: Order) -> None:
        """See `Child.send`."""
        with suppress(OSError):
            self._pipe.send_bytes(msgspec.msgpack.encode(order))

    def reports(self, timeout_s: float) -> list[Report]:
        """See `Child.reports`."""
        found: list[Report] = []
        with suppress(EOFError, OSError):
            while self._pipe.poll(0 if found else timeout_s):
                found.append(REPORTS.decode(self._pipe.recv_bytes()))
        return found

    def end(self) -> None:
        """See `Child.end`."""
        self._process.kill()
        self._process.join()
        self._pipe.close()
