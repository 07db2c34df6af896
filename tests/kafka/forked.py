"""Operating-system processes that start at once: forked from one that has imported everything."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from typing import Any

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "tests.kafka.relay_process",
        "tests.kafka.reactor_process",
        "tests.kafka.worker_process",
        "tests.kafka.projector_process",
    ]
)


def forked(run: Callable[..., None], *given: Any) -> ForkServerProcess:
    """A started process that runs a function of a module, and ends with this one."""
    process = _context.Process(target=run, args=given, daemon=True)
    process.start()
    return process
