"""How far those who read the event log are behind its end."""

from dataclasses import dataclass
from typing import LiteralString

from domain.kernel.identity import SYSTEM
from queries.survey.connections import Connections

PROJECTOR = "projector"
READERS = ("relay", "reactor", "watchdog")
"""Names in `events.positions`. The projector's place is the least of its watermarks."""

_LAGS: LiteralString = """
WITH head AS (
    SELECT coalesce(max(notification_id), 0) AS position FROM events.stored_events
), places AS (
    SELECT name, coalesce(p.position, 0) AS position
      FROM unnest(%(readers)s::text[]) AS name LEFT JOIN events.positions p ON p.reader = name
    UNION ALL
    SELECT %(projector)s, CASE WHEN count(*) = %(partitions)s THEN min(w.position) ELSE 0 END
      FROM views.watermarks w WHERE w.owner_id = %(system)s
)
SELECT places.name, greatest(head.position - places.position, 0), head.position,
       greatest(extract(epoch FROM clock_timestamp() - first_unread.recorded_at), 0)::float8
  FROM head CROSS JOIN places
  LEFT JOIN events.stored_events AS first_unread
    ON first_unread.notification_id = places.position + 1
"""


@dataclass(frozen=True)
class Lag:
    """A reader of the log: how many events it has not read, and how old the first of them is."""

    reader: str
    events: int
    seconds: float


@dataclass(frozen=True)
class Lags:
    """The position of the last event, and every reader's lag."""

    head: int
    readers: tuple[Lag, ...]


def lags(connections: Connections, *, partitions: int) -> Lags:
    """Look now: a handful of single rows by their keys. `partitions` are those of the facts."""
    with connections.reading("projector") as connection:
        rows = connection.execute(
            _LAGS,
            {
                "readers": list(READERS),
                "projector": PROJECTOR,
                "partitions": partitions,
                "system": SYSTEM,
            },
        ).fetchall()
    found = [Lag(name, behind, seconds or 0.0) for name, behind, _, seconds in rows]
    return Lags(head=rows[0][2], readers=tuple(sorted(found, key=lambda lag: lag.reader)))
