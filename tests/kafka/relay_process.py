"""A relay as an operating-system process that starts at once: forked from one that has imported."""

import multiprocessing
import signal
from multiprocessing.context import ForkServerProcess

from processes.lifecycle import stop_requested
from processes.log import configure
from processes.settings import Settings
from processes.wiring import relay

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def relay_process(url: str, bootstrap: str) -> ForkServerProcess:
    """A started relay that logs warnings only."""
    process = _context.Process(target=_run, args=(url, bootstrap), daemon=True)
    process.start()
    return process


def _run(url: str, bootstrap: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given = {"database_url": url, "kafka_bootstrap": bootstrap, "log_level": "warning"}
    settings = Settings.model_validate(given)
    configure(settings, "relay")
    relay.run(settings, stop_requested())
