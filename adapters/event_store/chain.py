"""The hash chain over all events, as the database computes it and as an auditor computes it again.

Every row of the event table carries two SHA-256 values of 32 bytes, `digest` and `link`. In what
follows `[x]` is x behind its length: 4 bytes, big-endian, that count the bytes which follow them.

    content = SHA-256( "suite.content.v2" [owner] [id] [version] [type] [data] )
    digest  = SHA-256( "suite.event.v2" [position] [recorded_at] [class] [content] )
    link    = SHA-256( "suite.link.v2" | link of the row before (32 bytes) | digest (32 bytes) )

`owner` and `id` are UUIDs of 16 bytes in network order. `version`, `position` and `recorded_at` are
8 bytes, signed, big-endian; the last counts microseconds since 2000-01-01 in UTC. `type` and
`class` are UTF-8, the latter "ledger" or "other", and `data` the stored bytes, exactly. Whoever
withholds an event shows position, time, class and content, and so cannot withhold that it was one
of the ledger's. The leading texts are ASCII without a terminator; since none begins with another,
no value can be passed off as one of another kind.

The row before the first has 32 zero bytes as its link. Rows stand in the order of
`notification_id`, which begins at 1 and has no gaps, and their times never run backwards. Whoever
changes, removes, adds or reorders a row changes every later link.

A store that was filled by an earlier release begins with rows whose digest leaves out owner, time
and class, and which have no class:

    digest     = SHA-256( "suite.event.v1" [id] [version] [type] [data] )
    link       = SHA-256( "suite.link.v1" | link of the row before | digest )

Behind the last of them stands one anchor, which commits to what they would have as digests today,
and from whose link the next row goes on:

    commitment = SHA-256( "suite.commitment.v2" | commitment before | digest of the second version )
    anchor     = SHA-256( "suite.anchor.v2" [position] [link] [commitment] )

`position` and `link` are those of the last old row; the commitment before the first row is 32 zero
bytes. The class of an old row is what its type was when the anchor was made. Since links of the two
versions begin differently, no row of today can be shown as an old one, whose class nothing covers
but the anchor.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.event_class import event_class

GENESIS = bytes(32)
"""What the first row takes for the link, and for the commitment, of the row before it."""

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class ChainBroken(Exception):
    """The rows do not form the chain. `position` is the first where they do not."""

    position: int
    what: str


@dataclass(frozen=True)
class ChainedEvent:
    """One row as far as the chain covers it. `recorded_class` is None for a row of before."""

    position: int
    owner_id: UUID
    originator_id: UUID
    originator_version: int
    event_type: str
    data: bytes
    recorded_at: datetime
    recorded_class: str | None
    digest: bytes
    link: bytes

    @property
    def class_(self) -> str:
        """`ledger` or `other`: as recorded, otherwise by its type."""
        return self.recorded_class or event_class(self.event_type).value

    @property
    def content(self) -> bytes:
        """What the digest covers beside position, time and class, 32 bytes."""
        return content_of(
            self.owner_id,
            self.originator_id,
            self.originator_version,
            self.event_type,
            self.data,
        )

    @property
    def digest_v2(self) -> bytes:
        """The digest of the second version, whatever the row carries."""
        return digest_of(self.position, self.recorded_at, self.class_, self.content)


@dataclass(frozen=True)
class Anchor:
    """Stands behind the last row of the first version. `link` is what the next row goes on from."""

    position: int
    commitment: bytes
    link: bytes


def content_of(
    owner_id: UUID, originator_id: UUID, originator_version: int, event_type: str, data: bytes
) -> bytes:
    """What is hashed of an event apart from its place in the log, 32 bytes."""
    version = originator_version.to_bytes(8, "big", signed=True)
    return _hashed(
        b"suite.content.v2",
        owner_id.bytes,
        originator_id.bytes,
        version,
        event_type.encode(),
        data,
    )


def digest_of(position: int, recorded_at: datetime, class_: str, content: bytes) -> bytes:
    """The digest of one row, 32 bytes."""
    return _hashed(
        b"suite.event.v2",
        position.to_bytes(8, "big", signed=True),
        microseconds(recorded_at).to_bytes(8, "big", signed=True),
        class_.encode(),
        content,
    )


def digest_v1_of(
    originator_id: UUID, originator_version: int, event_type: str, data: bytes
) -> bytes:
    """The digest of a row of the first version, 32 bytes."""
    version = originator_version.to_bytes(8, "big", signed=True)
    return _hashed(b"suite.event.v1", originator_id.bytes, version, event_type.encode(), data)


def link_of(previous_link: bytes, digest: bytes) -> bytes:
    """The link of a row, 32 bytes, from the link of the row before it and its own digest."""
    return hashlib.sha256(b"suite.link.v2" + previous_link + digest).digest()


def link_v1_of(previous_link: bytes, digest: bytes) -> bytes:
    """The link of a row of the first version, 32 bytes."""
    return hashlib.sha256(b"suite.link.v1" + previous_link + digest).digest()


def commitment_of(previous_commitment: bytes, digest_v2: bytes) -> bytes:
    """What commits to one more row of the first version, 32 bytes."""
    return hashlib.sha256(b"suite.commitment.v2" + previous_commitment + digest_v2).digest()


def anchor_of(position: int, link: bytes, commitment: bytes) -> Anchor:
    """The anchor behind the last row of the first version."""
    place = position.to_bytes(8, "big", signed=True)
    return Anchor(position, commitment, _hashed(b"suite.anchor.v2", place, link, commitment))


def microseconds(at: datetime) -> int:
    """Since the beginning of 2000, in UTC, as the database stores a time."""
    return (at - EPOCH) // _MICROSECOND


def verify(
    events: Iterable[ChainedEvent],
    *,
    position: int = 0,
    link: bytes = GENESIS,
    anchor: Anchor | None = None,
) -> tuple[int, bytes]:
    """Check rows that follow the row at `position` with `link`; by default, the whole chain.

    `anchor` is the store's. It can be checked only from the first row on, and stands for the rows
    before it where a check begins later. Answers position and link of the last row, from which a
    later check goes on. That the chain was not cut short, only a link kept elsewhere can prove.
    Raises `ChainBroken` at the first bad row.
    """
    commitment = GENESIS if position == 0 else None
    recorded_at: datetime | None = None
    old = anchor is not None and position <= anchor.position
    for event in events:
        if event.position != position + 1:
            raise ChainBroken(position + 1, "missing or out of order")
        if anchor is not None and old and event.position > anchor.position:
            link, old = _anchored(anchor, position, link, commitment), False
        position = event.position
        if old:
            digest = digest_v1_of(
                event.originator_id, event.originator_version, event.event_type, event.data
            )
            if commitment is not None:
                commitment = commitment_of(commitment, event.digest_v2)
        else:
            if recorded_at is not None and event.recorded_at < recorded_at:
                raise ChainBroken(position, "recorded before the row before it")
            digest = event.digest_v2
        recorded_at = event.recorded_at if not old else None
        if digest != event.digest or (event.recorded_class is None) != old:
            raise ChainBroken(position, "the event is not the one that was recorded")
        link = link_v1_of(link, digest) if old else link_of(link, digest)
        if link != event.link:
            raise ChainBroken(position, "the row does not follow from the row before it")
    if anchor is not None and old and position == anchor.position:
        _anchored(anchor, position, link, commitment)
    return position, link


def _anchored(anchor: Anchor, position: int, link: bytes, commitment: bytes | None) -> bytes:
    made = anchor_of(position, link, anchor.commitment if commitment is None else commitment)
    if made != anchor:
        raise ChainBroken(position, "the rows before the anchor are not those it commits to")
    return anchor.link


def _hashed(domain: bytes, *parts: bytes) -> bytes:
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hashlib.sha256(domain + framed).digest()
