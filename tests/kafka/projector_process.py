"""A projector as an operating-system process, which a flag holds between rows and offsets."""

import signal
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from domain.events import STORED_FORM
from processes.lifecycle import stop_requested
from processes.projector import GROUP, FactProjection
from projections.projector import FACTS_PER_TRANSACTION_MAX, Projector
from tests.faults.stage import Stage, stage_of
from tests.kafka.forked import forked
from topics.consume import ConsumerLoop, DeadLetterBox
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.registry import FACTS
from topics.transport import Delivery

HOLD_OFFSETS = "hold-offsets"


def projector_process(
    url: str, bootstrap: str, lease_s: float, kek: bytes, home: Path
) -> ForkServerProcess:
    """A started projector. Its stage lies in `home`."""
    return forked(_run, url, bootstrap, lease_s, kek, home)


class _StagedProjection:
    """Folds a batch, and then does not come back while a flag is up: no offset is committed."""

    def __init__(self, projection: FactProjection, stage: Stage) -> None:
        self._projection = projection
        self._stage = stage

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """See `FactProjection.handle`."""
        self._projection.handle(deliveries)
        self._stage.halt_at(HOLD_OFFSETS)


def _run(url: str, bootstrap: str, lease_s: float, kek: bytes, home: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = stop_requested()
    transport = KafkaTransport(KafkaSettings(bootstrap, lease_s=lease_s))
    with (
        open_pool(url, "projector", size_max=2, application="projector") as pool,
        open_pool(url, "vault", size_max=2, application="projector") as vault,
        transport.publisher("/suite/projector") as publisher,
        transport.consumer(GROUP, [FACTS], "projector") as consumer,
    ):
        projector = Projector(pool.connection, STORED_FORM, SubjectKeys(vault, kek))
        projection = _StagedProjection(FactProjection(projector), stage_of(home))
        ConsumerLoop(
            consumer,
            projection.handle,
            DeadLetterBox(publisher, GROUP),
            batch_max=FACTS_PER_TRANSACTION_MAX,
        ).run(stop, poll_s=0.2)
