"""How far the read models have read for a viewer, and waiting until they are far enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

from psycopg import Connection

from domain.kernel.role import Role
from queries.viewer import Connections, View, view_on

FEED_CHANNEL = "feed"
"""Where the projector says whose rows have changed: owner ids in hex, or `WATERMARK`."""

WATERMARK = "watermark"

RECHECK_S = 1.0
"""A notification can be lost with its connection, so nobody trusts it for longer than this."""

WAIT_MAX_S = 10.0
"""A waiting query holds a connection."""


class NotYetConsistent(Exception):
    """The read models have not come as far as was asked for. `lag` is in positions."""

    def __init__(self, lag: int) -> None:
        super().__init__(f"{lag} positions behind")
        self.lag = lag


class ReadModelsParked(Exception):
    """The viewer's read models stand before a fact that cannot be folded: waiting does not help.

    `position` is that fact's.
    """

    def __init__(self, position: int) -> None:
        super().__init__(f"parked before {position}")
        self.position = position


@dataclass(frozen=True)
class ReadTo:
    """How far the viewer's rows are current. `parked_at`: a fact that they cannot get beyond."""

    position: int
    parked_at: int | None


def read_position(view: View, projections: Sequence[str] = ()) -> int:
    """Up to which position the viewer's rows are current, in all of `projections` or in every one.

    A fact of the viewer moves it, and so does a watermark that every partition has passed.
    """
    return read_to(view, projections).position


def read_until(view: View, position: int, projections: Sequence[str] = ()) -> int:
    """As `read_position`, for who waits for a position. Raises `ReadModelsParked` where in vain."""
    found = read_to(view, projections)
    if found.parked_at is not None and position >= found.parked_at:
        raise ReadModelsParked(found.parked_at)
    return found.position


def read_to(view: View, projections: Sequence[str] = ()) -> ReadTo:
    """As `read_position`, and what stops it. No watermark lifts who is parked."""
    found = view.one(
        ReadTo,
        """
        SELECT parked.position AS parked_at, coalesce(parked.position - 1, greatest(
               (SELECT CASE WHEN count(*) < cardinality(%(names)s::text[]) THEN 0
                            ELSE coalesce(min(position), 0) END
                  FROM views.read_to
                 WHERE owner_id = %(viewer)s
                   AND (cardinality(%(names)s::text[]) = 0
                        OR projection = ANY (%(names)s::text[]))),
               (SELECT coalesce(min(position), 0) FROM views.watermarks)
               )) AS position
          FROM (SELECT) AS one
          LEFT JOIN views.parked_owners AS parked ON parked.owner_id = %(viewer)s
        """,
        {"viewer": view.viewer_id, "names": list(projections)},
    )
    return ReadTo(0, None) if found is None else found


def wait_until(
    connections: Connections,
    viewer_id: UUID,
    position: int,
    *,
    timeout_s: float,
    projections: Sequence[str] = (),
    role: Role = Role.CREATOR,
) -> int:
    """Block until the viewer's read models have read `position`; answers how far they have.

    Blocks its thread for at most `timeout_s` (and `WAIT_MAX_S`), then raises `NotYetConsistent`.
    Raises `ReadModelsParked` at once. The connections must be in autocommit mode.
    """

    deadline = monotonic() + min(timeout_s, WAIT_MAX_S)
    with connections.connection() as connection:

        def now_read_to() -> int:
            # On the connection that listens: with a second one, a pool full of waiting queries
            # would wait for itself.
            with view_on(connection, viewer_id, role) as view:
                return read_until(view, position, projections)

        reached = now_read_to()
        if reached >= position:
            return reached
        connection.execute(f"LISTEN {FEED_CHANNEL}")
        try:
            while (reached := now_read_to()) < position:
                remaining_s = deadline - monotonic()
                if remaining_s <= 0:
                    raise NotYetConsistent(position - reached)
                _next_wake(connection, viewer_id, min(remaining_s, RECHECK_S))
            return reached
        finally:
            if not connection.closed:
                connection.execute(f"UNLISTEN {FEED_CHANNEL}")


def _next_wake(listening: Connection[Any], viewer_id: UUID, timeout_s: float) -> None:
    for notice in listening.notifies(timeout=timeout_s):
        if viewer_id.hex in notice.payload or notice.payload == WATERMARK:
            return
