"""Which workers and screeners are there, with what, as the watchdog has heard them."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from domain.kernel.identity import SYSTEM
from queries.survey.connections import Connections

SHOWN_MAX: LiteralString = "50"

_THERE: LiteralString = f"""
SELECT a.role = 'draws' AS is_worker, a.member, a.device, a.memory_bytes, a.engines,
       a.since
  FROM views.attendance a
  LEFT JOIN views.attendance_listened l USING (owner_id)
 WHERE a.owner_id = %s AND a.alive_until > coalesce(l.until, '-infinity')
 ORDER BY a.role, a.member
 LIMIT {SHOWN_MAX}
"""


@dataclass(frozen=True)
class There:
    """A worker, or a screener, that is there. `engines`: what it can draw with, or judge.

    `since`: from when on it was never silent for a lease.
    """

    is_worker: bool
    member: str
    device: str
    memory_bytes: int | None
    engines: tuple[str, ...]
    since: datetime | None = None


def presence(connections: Connections) -> tuple[There, ...]:
    """Look now: at most fifty, workers first."""
    with connections.reading("projector") as connection:
        rows = connection.execute(_THERE, [SYSTEM]).fetchall()
    return tuple(
        There(
            is_worker=is_worker,
            member=member,
            device=device,
            memory_bytes=memory_bytes,
            engines=tuple(engines),
            since=since,
        )
        for is_worker, member, device, memory_bytes, engines, since in rows
    )
