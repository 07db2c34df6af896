"""What topics in memory are made of: records, partitions, groups and their members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from topics.assignment import assign
from topics.codec import Encoded
from topics.registry import Topic
from topics.transport import (
    TopicPartition,
)


@dataclass(frozen=True)
class Record:
    offset: int
    key: str
    encoded: Encoded
    appended_at_s: float


@dataclass
class Log:
    """One partition: the retained records and the offset of the next one."""

    records: list[Record] = field(default_factory=list)
    next_offset: int = 0

    def append(self, key: str, encoded: Encoded, at_s: float) -> None:
        self.records.append(Record(self.next_offset, key, encoded, at_s))
        self.next_offset += 1

    def read(self, offset: int, limit: int) -> Sequence[Record]:
        """Up to `limit` records from `offset` on, or from the retained start if that is later."""
        first = self.next_offset - len(self.records)
        begin = max(offset - first, 0)
        return self.records[begin : begin + limit]

    def drop_before(self, at_s: float) -> None:
        while self.records and self.records[0].appended_at_s < at_s:
            del self.records[0]


@dataclass
class Member:
    incarnation: UUID
    topics: tuple[str, ...]
    expires_at_s: float


@dataclass
class Group:
    members: dict[str, Member] = field(default_factory=dict)
    held: dict[TopicPartition, str] = field(default_factory=dict)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)

    def drop(self, member_id: str) -> None:
        self.members.pop(member_id, None)
        self.held = {at: holder for at, holder in self.held.items() if holder != member_id}

    def target(self, topics: Mapping[str, Topic]) -> dict[TopicPartition, str]:
        wanted = {name for member in self.members.values() for name in member.topics}
        return assign(
            {member_id: member.topics for member_id, member in self.members.items()},
            {name: topics[name].partitions for name in wanted},
            self.held,
        )
