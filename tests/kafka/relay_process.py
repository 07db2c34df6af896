"""A relay as an operating-system process, which flags hold before and after it publishes."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from unittest.mock import patch

from processes.lifecycle import stop_requested
from processes.log import configure
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring import relay
from tests.faults.stage import Stage, stage_of
from tests.kafka.forked import forked
from topics.kafka_publisher import KafkaPublisher
from topics.transport import Publication, Sent

HOLD_PUBLISHING = "hold-publishing"
"""Events are read, and no record is on its way."""

HOLD_SAVING = "hold-saving"
"""Records are acknowledged, and the position is not saved."""


def relay_process(url: str, bootstrap: str, home: Path | None = None) -> ForkServerProcess:
    """A started relay that logs warnings only. Its stage, if it has one, lies in `home`."""
    return forked(_run, url, bootstrap, home)


class _StagedSent:
    """A batch after whose acknowledgement nothing happens while a flag is up."""

    def __init__(self, sent: Sent, stage: Stage) -> None:
        self._sent = sent
        self._stage = stage

    def wait(self) -> None:
        """See `Sent.wait`."""
        self._sent.wait()
        self._stage.halt_at(HOLD_SAVING)


@contextmanager
def _staged(stage: Stage) -> Iterator[None]:
    """Publishers halt at the flags inside the block."""
    send_all = KafkaPublisher.send_all

    def staged(publisher: KafkaPublisher, publications: Iterable[Publication]) -> _StagedSent:
        stage.halt_at(HOLD_PUBLISHING)
        return _StagedSent(send_all(publisher, publications), stage)

    with patch.object(KafkaPublisher, "send_all", staged):
        yield


def _run(url: str, bootstrap: str, home: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given = {"database_url": url, "kafka_bootstrap": bootstrap, "log_level": "warning"}
    settings = Settings.model_validate(given)
    configure(settings, "relay")
    if home is None:
        relay.run(settings, stop_requested(), Sight())
        return
    with _staged(stage_of(home)):
        relay.run(settings, stop_requested(), Sight())
