"""Folded states, so that a wallet with a thousand events loads as fast as a new one.

A snapshot is a cache: it is written after its save and in a transaction of its own, holds no free
text, and may be deleted at any time. Its `shape`, a digest of the state's JSON schema, is stored
beside it: after a release that changes the state, old snapshots no longer fit and are passed over.
"""

import hashlib
from functools import cache
from typing import Any, LiteralString, Protocol, Self, cast, get_type_hints, runtime_checkable
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import TopicError, resolve_topic
from psycopg import Connection
from psycopg.rows import TupleRow

from adapters.event_store.mapper import StoredFormMapper
from domain.kernel.aggregate import Aggregate

SNAPSHOT_INTERVAL = 100
"""An event takes some 20 µs to replay: what follows a snapshot takes at most 2 ms."""


_EVENTS: LiteralString = """
SELECT originator_version, event_type, data, NULL::bytea AS shape FROM events.stored_events
WHERE originator_id = %(id)s AND owner_id = %(owner)s
ORDER BY originator_version
"""

# A snapshot's version is below that of every event after it, so it comes first.
_WITH_SNAPSHOT: LiteralString = """
WITH newest AS MATERIALIZED (
    SELECT originator_version, aggregate, state, shape FROM events.snapshots
    WHERE originator_id = %(id)s AND owner_id = %(owner)s
    ORDER BY originator_version DESC LIMIT 1
)
SELECT * FROM newest
UNION ALL
SELECT originator_version, event_type, data, NULL FROM events.stored_events
WHERE originator_id = %(id)s AND owner_id = %(owner)s
    AND originator_version > coalesce((SELECT originator_version FROM newest), 0)
ORDER BY originator_version
"""


@runtime_checkable
class KeepsSnapshots(Protocol):
    """An aggregate that can hand out its state and be rebuilt from it."""

    def snapshot_state(self) -> msgspec.Struct:
        """All of its state but id and version. The annotated return type is the state's type."""
        ...

    @classmethod
    def from_snapshot(cls, id: UUID, version: int, state: Any) -> Self:
        """The aggregate as it was at `version`, ready for the event after it."""
        ...


def load(
    connection: Connection[TupleRow], mapper: StoredFormMapper, originator_id: UUID, owner_id: UUID
) -> tuple[Aggregate, int] | None:
    """An aggregate from its newest snapshot and the events after it, and the snapshot's version.

    One round trip, and a second where the snapshot does not fit this release. The version is 0
    where there was none. None where the aggregate is absent or not that of `owner_id`.
    """
    kept, rows = _read(connection, _WITH_SNAPSHOT, originator_id, owner_id)
    aggregate = None if kept is None else _restored(originator_id, kept)
    if kept is not None and aggregate is None:
        _, rows = _read(connection, _EVENTS, originator_id, owner_id)
    version = 0 if aggregate is None else aggregate.version
    for originator_version, event_type, data, _ in rows:
        event = mapper.to_domain_event(
            StoredEvent(originator_id, originator_version, event_type, data)
        )
        aggregate = cast(Aggregate.Event, event).mutate(aggregate)
    return None if aggregate is None else (aggregate, version)


def _read(
    connection: Connection[TupleRow], statement: LiteralString, originator_id: UUID, owner_id: UUID
) -> tuple[TupleRow | None, list[TupleRow]]:
    """The snapshot's row and the events', each of version, name, bytes and the snapshot's shape."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute(statement, {"id": originator_id, "owner": owner_id}, prepare=True)
        rows = cursor.fetchall()
    return (rows[0], rows[1:]) if rows and rows[0][3] is not None else (None, rows)


def _restored(originator_id: UUID, kept: TupleRow) -> Aggregate | None:
    """The aggregate of a snapshot that fits this release, else None."""
    version, name, state, shape = kept
    try:
        kind = resolve_topic(name)
    except TopicError:
        return None
    if not issubclass(kind, KeepsSnapshots) or _shape(kind) != shape:
        return None
    decoded = msgspec.json.decode(state, type=_state_type(kind))
    return cast(Aggregate, kind.from_snapshot(originator_id, version, decoded))


def write(connection: Connection[TupleRow], aggregate: Aggregate, owner_id: UUID) -> None:
    """Keep the present state of an aggregate that `KeepsSnapshots`. Twice changes nothing."""
    kind: Any = type(aggregate)
    connection.execute(
        "INSERT INTO events.snapshots "
        "(originator_id, originator_version, owner_id, aggregate, shape, state) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [
            aggregate.id,
            aggregate.version,
            owner_id,
            kind.TOPIC,
            _shape(kind),
            msgspec.json.encode(cast(KeepsSnapshots, aggregate).snapshot_state()),
        ],
    )


@cache
def _state_type(kind: Any) -> Any:
    return get_type_hints(kind.snapshot_state)["return"]


@cache
def _shape(kind: Any) -> bytes:
    schema = msgspec.json.encode(msgspec.json.schema(_state_type(kind)), order="deterministic")
    return hashlib.sha256(schema).digest()
