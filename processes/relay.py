"""Copies the event table to the topics, in commit order, until all of it is acknowledged."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from topics.messages.fact import Fact, Watermark
from topics.registry import FACTS, key_of
from topics.transport import Publication, Publisher, Sent

log = structlog.get_logger()

BATCH_MAX = 1_000
BATCHES_AHEAD_MAX = 2
"""How many batches may wait for their acknowledgement while the next one is read."""

WAIT_S = 1.0
"""How long one wait for news lasts, and so how long a stop may take."""


MARKS_EVERY_S = 1.0
"""A round of watermarks is a record a partition: with each batch of a trickle, six times as many
records as there are events."""


class Log(Protocol):
    """Where events come from, as who waits for news sees it. `EventLog` fits."""

    def wait(self, after: int, timeout_s: float) -> int:
        """Block until there is an event after a position, or the time is up."""
        ...


class Reader(Protocol):
    """The holder of the relay's name. `ActiveReader` fits."""

    def load(self) -> int:
        """The position that was saved last; 0 where there is none."""
        ...

    def read(self, after: int, limit: int) -> Sequence[Fact]:
        """Facts after a position, in order. Raises `ReaderLost`."""
        ...

    def save(self, position: int) -> None:
        """Keep the position. Raises `ReaderLost`."""
        ...


@dataclass(frozen=True)
class _Batch:
    """Facts on their way, up to `position`."""

    position: int
    sent: Sent


class Relay:
    """The one active relay: `reader` holds its name in the database.

    Publishes, then saves the position: a crash between the two publishes again, and every reader
    dedupes. A relay that lost its name raises `ReaderLost` at its next save.

    Every partition is told how far the log was copied: at once after a pause, at most every
    `MARKS_EVERY_S` otherwise, and not again before anything moved.
    """

    def __init__(
        self,
        events: Log,
        reader: Reader,
        publisher: Publisher,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._events = events
        self._reader = reader
        self._publisher = publisher
        self._monotonic_s = monotonic_s

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set and what was sent is acknowledged.

        Reads and sends ahead of the acknowledgements, by a few batches. Raises `PublishFailed`;
        the saved position is before whatever was not acknowledged.
        """
        position = self._reader.load()
        # Whether the last relay still told how far it was, nobody knows: it is told again.
        marked, marks_at_s = 0, self._monotonic_s()
        on_the_way: deque[_Batch] = deque()
        while not stop.is_set():
            # Read by the reader itself: whoever lost the name finds nothing more to publish.
            facts = self._reader.read(position, BATCH_MAX)
            if facts:
                position = facts[-1].position
            due_in_s = marks_at_s - self._monotonic_s() if position > marked else WAIT_S
            if due_in_s <= 0:
                marked, marks_at_s = position, self._monotonic_s() + MARKS_EVERY_S
            if facts or due_in_s <= 0:
                on_the_way.append(self._send(facts, position, with_marks=due_in_s <= 0))
            if len(facts) == BATCH_MAX:
                # There is more to read, so that acknowledgements can wait.
                self._settle(on_the_way, BATCHES_AHEAD_MAX)
            elif on_the_way:
                self._settle(on_the_way, 0)
            else:
                self._events.wait(position, min(WAIT_S, due_in_s))
        self._settle(on_the_way, 0)

    def _settle(self, on_the_way: deque[_Batch], leave: int) -> None:
        """Wait for the oldest batches until only `leave` are on their way, and save how far."""
        settled = None
        while len(on_the_way) > leave:
            settled = on_the_way.popleft()
            settled.sent.wait()
        if settled is not None:
            self._reader.save(settled.position)

    def _send(self, facts: Sequence[Fact], position: int, *, with_marks: bool) -> _Batch:
        # Copied unread: what follows from an event is said by the reactor.
        publications = [Publication(FACTS, key_of(fact), fact) for fact in facts]
        if with_marks:
            mark = Watermark(position)
            # In every partition, behind the facts that it covers.
            publications.extend(
                Publication(FACTS, "", mark, partition=number) for number in range(FACTS.partitions)
            )
        log.debug("relaying", facts=len(facts), position=position)
        return _Batch(position, self._publisher.send_all(publications))
