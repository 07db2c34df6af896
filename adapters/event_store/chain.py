"""The hash chain over all events, as the database computes it and as an auditor computes it again.

Every row of the event table carries two SHA-256 values of 32 bytes:

    digest = SHA-256( "suite.event.v1"
                      | 00 00 00 10 | id       (16 bytes, the UUID in network order)
                      | 00 00 00 08 | version  (8 bytes, signed, big-endian)
                      | length      | type     (UTF-8, for example "wallet.reserved")
                      | length      | data     (the stored bytes, exactly)               )

    link   = SHA-256( "suite.link.v1" | link of the row before (32 bytes) | digest (32 bytes) )

Each length is 4 bytes, big-endian, and counts the bytes that follow it. The two leading texts are
ASCII without a terminator; since they differ, no digest can be passed off as a link. The row before
the first has 32 zero bytes as its link. Rows stand in the order of `notification_id`, which begins
at 1 and has no gaps. Whoever changes, removes, adds or reorders a row changes every later link.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

GENESIS = bytes(32)
"""What the first row takes for the link of the row before it."""

_EVENT = b"suite.event.v1"
_LINK = b"suite.link.v1"


@dataclass(frozen=True)
class ChainBroken(Exception):
    """The rows do not form the chain. `position` is the first where they do not."""

    position: int
    what: str


@dataclass(frozen=True)
class ChainedEvent:
    """One row as far as the chain covers it."""

    position: int
    originator_id: UUID
    originator_version: int
    event_type: str
    data: bytes
    digest: bytes
    link: bytes


def digest_of(originator_id: UUID, originator_version: int, event_type: str, data: bytes) -> bytes:
    """The digest of one event, 32 bytes."""
    name = event_type.encode()
    hashed = hashlib.sha256(_EVENT)
    version = originator_version.to_bytes(8, "big", signed=True)
    for part in (originator_id.bytes, version, name, data):
        hashed.update(len(part).to_bytes(4, "big"))
        hashed.update(part)
    return hashed.digest()


def link_of(previous_link: bytes, digest: bytes) -> bytes:
    """The link of a row, 32 bytes, from the link of the row before it and its own digest."""
    return hashlib.sha256(_LINK + previous_link + digest).digest()


def verify(
    events: Iterable[ChainedEvent], *, position: int = 0, link: bytes = GENESIS
) -> tuple[int, bytes]:
    """Check rows that follow the row at `position` with `link`; by default, the whole chain.

    Answers position and link of the last row, from which a later check goes on. That the chain was
    not cut short, only a link kept elsewhere can prove. Raises `ChainBroken` at the first bad row.
    """
    for event in events:
        if event.position != position + 1:
            raise ChainBroken(position + 1, "missing or out of order")
        position = event.position
        digest = digest_of(
            event.originator_id, event.originator_version, event.event_type, event.data
        )
        if digest != event.digest:
            raise ChainBroken(position, "the event is not the one that was recorded")
        link = link_of(link, digest)
        if link != event.link:
            raise ChainBroken(position, "the row does not follow from the row before it")
    return position, link
