"""Advisory locks: how a thing with a name becomes the number PostgreSQL locks."""

import hashlib


def advisory_key(kind: str, name: bytes) -> int:
    """The lock of one thing, as a signed 64-bit number.

    Two things may share a number, once in 2**64: they then wait for each other and nothing worse.
    """
    digest = hashlib.sha256(kind.encode() + b"\0" + name).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
