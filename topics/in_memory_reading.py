"""How records are taken out of partitions in memory, from an offset on."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from topics.in_memory_logs import Record
from topics.registry import Topic
from topics.transport import (
    Delivery,
    TopicPartition,
)

if TYPE_CHECKING:
    from topics.in_memory import InMemoryTransport


class Reading:
    """Positions in logs, read in turn so that a full partition cannot starve the others."""

    def __init__(self, transport: "InMemoryTransport", topics: Mapping[str, Topic]) -> None:
        self._transport = transport
        self._topics = topics
        self._turn = 0
        self.positions: dict[TopicPartition, int] = {}

    def take(self, places: Collection[TopicPartition], limit: int) -> tuple[Delivery, ...]:
        """Up to `limit` next records of `places`. Called with the lock held."""
        ordered = sorted(places)
        taken: list[Delivery] = []
        self._turn += 1
        for step in range(len(ordered)):
            at = ordered[(self._turn + step) % len(ordered)]
            room = limit - len(taken)
            if room == 0:
                break
            for record in self._transport.log(at).read(self.positions[at], room):
                taken.append(self._delivery(at, record))
                self.positions[at] = record.offset + 1
        return tuple(taken)

    def _delivery(self, at: TopicPartition, record: Record) -> Delivery:
        return Delivery.read(
            self._topics[at.topic],
            at.partition,
            record.offset,
            record.key,
            record.encoded.headers,
            record.encoded.value,
        )
