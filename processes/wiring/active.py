"""One active process per name: the others wait for their turn."""

import threading
from collections.abc import Callable

import structlog

from adapters.event_store.positions import (
    ActiveReader,
    ReaderBusy,
    ReaderLost,
    claim_reader,
)
from adapters.postgres.connect import Role

log = structlog.get_logger()

CLAIM_WAIT_S = 1.0


def while_active(
    url: str,
    reader: str,
    stop: threading.Event,
    work: Callable[[ActiveReader], None],
    *,
    role: Role = "projector",
) -> None:
    """Do `work` while this process holds the name; wait for it as long as another one does.

    Work that lost the name waits for it again, and goes on from the saved position.
    """
    while not stop.is_set():
        try:
            with claim_reader(url, reader, wait_s=CLAIM_WAIT_S, role=role) as active:
                log.info("active", reader=reader)
                work(active)
        except ReaderBusy:
            continue
        except ReaderLost:
            log.warning("no longer active", reader=reader)
