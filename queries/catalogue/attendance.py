"""Who is there: how many draw and judge, with which engines, and since when nobody does."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from queries.viewer import View


class Attended(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of a role with an engine, or with any where `engine` is empty.

    `role` is draws or judges. `alive` is how many are there now; `last_at` when somebody last was.
    """

    role: str
    engine: str
    alive: int
    last_at: datetime


def attended(view: View) -> Sequence[Attended]:
    """Every role and engine that somebody was ever there for. All others: never."""
    return view.many(
        Attended,
        """
        SELECT e.role, e.engine, e.last_at, count(a.member) AS alive
          FROM views.engines_attended e
          LEFT JOIN views.attendance_listened l USING (owner_id)
          LEFT JOIN views.attendance a
            ON a.owner_id = e.owner_id AND a.role = e.role
           AND (e.engine = '' OR e.engine = ANY (a.engines))
           AND a.alive_until > coalesce(l.until, '-infinity')
         GROUP BY e.role, e.engine, e.last_at
         ORDER BY e.role, e.engine
        """,
    )
