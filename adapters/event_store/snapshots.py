"""Folded states, so that a wallet with a thousand events loads as fast as a new one.

A snapshot is a cache: it is written after its save and in a transaction of its own, holds no free
text, and may be deleted at any time. Its `shape`, a digest of the state's JSON schema, is stored
beside it: after a release that changes the state, old snapshots no longer fit and are passed over.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol, Self, cast, get_type_hints, runtime_checkable
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


_WANTED = "unnest(%(ids)s::uuid[], %(owners)s::uuid[]) AS wanted (id, owner_id)"

_EVENTS = f"""
SELECT wanted.*, e.* FROM {_WANTED} CROSS JOIN LATERAL (
    SELECT originator_version, event_type, data, NULL::bytea AS shape FROM events.stored_events
    WHERE originator_id = wanted.id AND owner_id = wanted.owner_id
    ORDER BY originator_version
) AS e
ORDER BY originator_version
"""

# A snapshot's version is below that of every event after it, so it comes first. The inner ORDER BY
# keeps the planner at one look into the index for each aggregate, however small the table was.
_WITH_SNAPSHOTS = f"""
WITH newest AS MATERIALIZED (
    SELECT wanted.id, wanted.owner_id, s.* FROM {_WANTED} LEFT JOIN LATERAL (
        SELECT originator_version, aggregate, state, shape FROM events.snapshots
        WHERE originator_id = wanted.id AND owner_id = wanted.owner_id
        ORDER BY originator_version DESC LIMIT 1
    ) AS s ON true
)
SELECT * FROM newest WHERE shape IS NOT NULL
UNION ALL
SELECT newest.id, newest.owner_id, e.* FROM newest CROSS JOIN LATERAL (
    SELECT originator_version, event_type, data, NULL::bytea FROM events.stored_events
    WHERE originator_id = newest.id AND owner_id = newest.owner_id
        AND originator_version > coalesce(newest.originator_version, 0)
    ORDER BY originator_version
) AS e
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
    connection: Connection[TupleRow],
    mapper: StoredFormMapper,
    wanted: Sequence[tuple[UUID, UUID]],
) -> dict[tuple[UUID, UUID], tuple[Aggregate, int]]:
    """Aggregates by (id, owner), each from its newest snapshot and the events after it.

    With each stands the snapshot's version, 0 where there was none. Whatever is absent or another
    owner's is not in the answer. One round trip for all, and one for each snapshot that does not
    fit this release.
    """
    found: dict[tuple[UUID, UUID], tuple[Aggregate, int]] = {}
    for one, rows in _read(connection, _WITH_SNAPSHOTS, wanted).items():
        aggregate, version = None, 0
        if rows[0][5] is not None:
            kept, *rows = rows
            aggregate = _restored(kept)
            if aggregate is None:
                rows = _read(connection, _EVENTS, [one]).get(one, [])
            else:
                version = aggregate.version
        for originator_id, _, originator_version, event_type, data, _ in rows:
            stored = StoredEvent(originator_id, originator_version, event_type, data)
            aggregate = mapper.to_domain_event(stored).mutate(aggregate)
        if aggregate is not None:
            found[one] = aggregate, version
    return found


def _read(
    connection: Connection[TupleRow], statement: str, wanted: Sequence[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], list[TupleRow]]:
    """Rows of each: id, owner, version, name, bytes, and the shape where it is a snapshot's."""
    rows_of: dict[tuple[UUID, UUID], list[TupleRow]] = {}
    # A name that stands here twice would have its events twice.
    ids, owners = map(list, zip(*dict.fromkeys(wanted), strict=True))
    with connection.cursor(binary=True) as cursor:
        cursor.execute(statement.encode(), {"ids": ids, "owners": owners}, prepare=True)
        for row in cursor:
            rows_of.setdefault((row[0], row[1]), []).append(row)
    return rows_of


def _restored(kept: TupleRow) -> Aggregate | None:
    """The aggregate of a snapshot that fits this release, else None."""
    originator_id, _, version, name, state, shape = kept
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
