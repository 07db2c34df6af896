"""A new era of the feed: nobody resumes from a position that was told before."""

from typing import Any, cast

from psycopg import Cursor

from domain.kernel.identity import SYSTEM


def begin_era(cursor: Cursor[Any], *, start: int, positions_per_era: int) -> int:
    """Begin an era at `start`, or right behind the present one if that is not lower. Returns where.

    Kept as what was trimmed of SYSTEM's feed, which nobody follows. The cursor's role must be
    allowed to write read models.
    """
    cursor.execute(
        """
        INSERT INTO views.feed_trimmed AS t (owner_id, position, dropped) VALUES (%s, %s, 0)
        ON CONFLICT (owner_id) DO UPDATE
           SET position = greatest(t.position + %s, excluded.position)
        RETURNING position
        """,
        (SYSTEM, start, positions_per_era),
    )
    row = cast(tuple[int], cursor.fetchone())
    return row[0]
