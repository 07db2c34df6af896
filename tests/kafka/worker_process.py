"""A worker as an operating-system process, whose engine never ends a first attempt."""

import multiprocessing
import threading
from collections import deque
from multiprocessing.context import ForkServerProcess

from gpu_consumers.worker.assignments import Delivered, Order, Report, Start
from gpu_consumers.worker.worker import Worker, WorkerLimits
from processes.lifecycle import stop_requested
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings

LIMITS = WorkerLimits(wait_s=0.05, alive_interval_s=0.5, claim_again_s=1.0)

_context = multiprocessing.get_context("forkserver")


class StuckChild:
    """A child that works for ever at a first attempt, and delivers nothing at once at others."""

    is_alive = True

    def __init__(self) -> None:
        self._reports: deque[Report] = deque()
        self._never = threading.Event()

    def send(self, order: Order) -> None:
        """See `Child.send`."""
        if isinstance(order, Start) and order.attempt > 1:
            self._reports.append(Delivered(()))

    def reports(self, timeout_s: float) -> list[Report]:
        """See `Child.reports`."""
        if not self._reports:
            self._never.wait(timeout_s)
        found = list(self._reports)
        self._reports.clear()
        return found

    def end(self) -> None:
        """See `Child.end`."""


def worker_process(name: str, bootstrap: str, lease_s: float) -> ForkServerProcess:
    """A started worker."""
    process = _context.Process(target=_run, args=(name, bootstrap, lease_s), daemon=True)
    process.start()
    return process


def _run(name: str, bootstrap: str, lease_s: float) -> None:
    transport = KafkaTransport(KafkaSettings(bootstrap, lease_s=lease_s))
    Worker(name, transport, StuckChild, {}, limits=LIMITS).run(stop_requested())
