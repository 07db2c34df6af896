"""`suite.dead-letters.v1`: bytes that no one could decode, with where they came from."""

import msgspec


class DeadLetter(msgspec.Struct, frozen=True):
    """A record as it was found. On the wire `value` is the value and `headers` stand unchanged.

    `reason` is a value of `topics.codec.Undecodability`; `group` is the reader that gave up.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    group: str
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
