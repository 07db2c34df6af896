"""`suite.dead-letters.v1`: what no one could decode or handle, with where it came from."""

import msgspec

from topics.messages.bounds import Label, MemberName, Partition, Position, TopicName


class DeadLetter(msgspec.Struct, frozen=True):
    """A record as it was found. On the wire `value` is the value and `headers` stand unchanged.

    `reason` is a value of `topics.codec.Undecodability`, or says that a handler kept raising, and
    what; `group` is the reader that gave up.
    """

    topic: TopicName
    partition: Partition
    offset: Position
    reason: Label
    group: MemberName
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
