"""How far each partition is done when its jobs end in another order than they came."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from topics.transport import TopicPartition


class Offsets:
    """Taken and finished records by partition. What is committed never skips an unfinished one."""

    def __init__(self) -> None:
        self._open: dict[TopicPartition, list[int]] = {}
        self._end: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}

    def taken(self, at: TopicPartition, offset: int) -> None:
        """A record was polled. Offsets of a partition come in order."""
        self._open.setdefault(at, []).append(offset)
        self._end[at] = offset + 1
        # Where the group stands: the first record handed out is the one it would begin with.
        self._committed.setdefault(at, offset)

    def finished(self, at: TopicPartition, offset: int) -> None:
        """Nothing more will be done about it. A partition that was forgotten is ignored."""
        if offset in self._open.get(at, ()):
            self._open[at].remove(offset)

    def to_commit(self) -> Mapping[TopicPartition, int]:
        """The next offset to read, of every partition where it moved since `committed`."""
        moved = {}
        for at, end in self._end.items():
            position = self._open[at][0] if self._open[at] else end
            if position > self._committed[at]:
                moved[at] = position
        return moved

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._committed.update(offsets)

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """These are no longer held."""
        for at in partitions:
            self._open.pop(at, None)
            self._end.pop(at, None)
            self._committed.pop(at, None)
