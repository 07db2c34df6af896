"""A reactor as an operating-system process."""

import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from processes.lifecycle import stop_requested
from processes.log import configure
from processes.secrets import ensure_secrets
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring import reactor
from tests.kafka.forked import forked


def reactor_process(url: str, bootstrap: str, home: Path) -> ForkServerProcess:
    """A started reactor that logs warnings only. Its secrets and providers lie in `home`."""
    return forked(_run, url, bootstrap, home)


def _run(url: str, bootstrap: str, home: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given = {
        "database_url": url,
        "kafka_bootstrap": bootstrap,
        "log_level": "warning",
        "home": home,
    }
    settings = Settings.model_validate(given)
    ensure_secrets(settings.secrets)
    configure(settings, "reactor")
    reactor.run(settings, stop_requested(), Sight())
