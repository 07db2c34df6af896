"""Copies the event table to the topics, in commit order, until all of it is acknowledged."""

import threading
from collections import deque
from dataclasses import dataclass

import structlog

from adapters.event_store.log import EventLog
from adapters.event_store.positions import ActiveReader
from topics.messages.fact import Fact, Watermark
from topics.registry import FACTS, key_of
from topics.transport import Publication, Publisher, Sent

log = structlog.get_logger()

BATCH_MAX = 1_000
BATCHES_AHEAD_MAX = 2
"""How many batches may wait for their acknowledgement while the next one is read."""

WAIT_S = 1.0
"""How long one wait for news lasts, and so how long a stop may take."""


@dataclass(frozen=True)
class _Batch:
    """Facts on their way, up to `position`."""

    position: int
    sent: Sent


class Relay:
    """The one active relay: `reader` holds its name in the database.

    Publishes, then saves the position: a crash between the two publishes again, and every reader
    dedupes. A relay that lost its name raises `ReaderLost` at its next save.
    """

    def __init__(self, events: EventLog, reader: ActiveReader, publisher: Publisher) -> None:
        self._events = events
        self._reader = reader
        self._publisher = publisher

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set and what was sent is acknowledged.

        Reads and sends ahead of the acknowledgements, by a few batches. Raises `PublishFailed`;
        the saved position is before whatever was not acknowledged.
        """
        position = self._reader.load()
        on_the_way: deque[_Batch] = deque()
        while not stop.is_set():
            # Read by the reader itself: whoever lost the name finds nothing more to publish.
            facts = self._reader.read(position, BATCH_MAX)
            if facts:
                on_the_way.append(self._send(facts))
                position = on_the_way[-1].position
            if len(facts) == BATCH_MAX:
                # There is more to read, so that acknowledgements can wait.
                self._settle(on_the_way, BATCHES_AHEAD_MAX)
            elif on_the_way:
                self._settle(on_the_way, 0)
            else:
                self._events.wait(position, WAIT_S)
        self._settle(on_the_way, 0)

    def _settle(self, on_the_way: deque[_Batch], leave: int) -> None:
        """Wait for the oldest batches until only `leave` are on their way, and save how far."""
        settled = None
        while len(on_the_way) > leave:
            settled = on_the_way.popleft()
            settled.sent.wait()
        if settled is not None:
            self._reader.save(settled.position)

    def _send(self, facts: list[Fact]) -> _Batch:
        # Copied unread: what follows from an event is said by the reactor.
        publications = [Publication(FACTS, key_of(fact), fact) for fact in facts]
        position = facts[-1].position
        mark = Watermark(position)
        # In every partition, behind the facts that it covers.
        publications.extend(
            Publication(FACTS, "", mark, partition=number) for number in range(FACTS.partitions)
        )
        log.debug("relaying", facts=len(facts), position=position)
        return _Batch(position, self._publisher.send_all(publications))
