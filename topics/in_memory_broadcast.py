"""A reader who sees every record and belongs to no group."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from topics.closing import Closing
from topics.in_memory_reading import Reading
from topics.registry import Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    Delivery,
    From,
    TopicPartition,
)

if TYPE_CHECKING:
    from topics.in_memory import InMemoryTransport


class InMemoryBroadcastReader(Closing):
    """Reads every partition of its topics."""

    def __init__(
        self, transport: "InMemoryTransport", topics: Sequence[Topic], from_: From
    ) -> None:
        self._transport = transport
        with transport.changed:
            self._reading = Reading(transport, transport.known(topics))
            for topic in topics:
                for number in range(transport.topics[topic.name].partitions):
                    at = TopicPartition(topic.name, number)
                    end = transport.log(at).next_offset
                    self._reading.positions[at] = end if from_ is From.END else 0

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        """See `BroadcastReader.poll`."""
        ends_at_s = time.monotonic() + timeout_s
        with self._transport.changed:
            while True:
                taken = self._reading.take(self._reading.positions, max_messages)
                left_s = ends_at_s - time.monotonic()
                if taken or left_s <= 0:
                    return taken
                self._transport.changed.wait(left_s)

    def close(self) -> None:
        """See `BroadcastReader.close`."""
