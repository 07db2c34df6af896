"""How much could not be handled, and since when."""

from dataclasses import dataclass
from typing import LiteralString

from queries.survey.connections import Connections, Looks

COUNTED_MAX: LiteralString = "10000"

_REPORTS: LiteralString = f"""
SELECT count(*), min(first_at) FROM (
    SELECT first_at FROM events.parked_messages LIMIT {COUNTED_MAX}
) AS parked
"""
_INTENTS: LiteralString = f"""
SELECT count(*), min(parked_at) FROM (
    SELECT parked_at FROM events.intents
     WHERE done_at IS NULL AND parked_at IS NOT NULL ORDER BY parked_at LIMIT {COUNTED_MAX}
) AS parked
"""
_OWNERS: LiteralString = f"""
SELECT count(*), min(first_at) FROM (
    SELECT first_at FROM views.parked_owners LIMIT {COUNTED_MAX}
) AS parked
"""

_COUNTED: tuple[tuple[str, Looks, LiteralString], ...] = (
    ("message", "writer", _REPORTS),
    ("intent", "writer", _INTENTS),
    ("owner", "projector", _OWNERS),
)


@dataclass(frozen=True)
class Parked:
    """Things of one kind that are tried again at the slowest pace: message, owner or intent."""

    kind: str
    count: int
    oldest_s: float


def parking(connections: Connections) -> tuple[Parked, ...]:
    """Look now. `suite parked list` names what is counted here."""
    found = []
    for kind, role, statement in _COUNTED:
        with connections.reading(role) as connection:
            [(count, oldest_s)] = connection.execute(
                "SELECT count, coalesce(extract(epoch FROM clock_timestamp() - min), 0)::float8 "
                f"FROM ({statement}) AS of_kind"
            ).fetchall()
        found.append(Parked(kind, count, oldest_s))
    return tuple(found)
