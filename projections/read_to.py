"""Read positions: up to where each owner's facts are folded into each read model."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import Cursor

ReadTo: TypeAlias = dict[UUID, dict[str, int]]
"""By owner and read model, the position up to which facts are folded."""


def lock_read_to(
    cursor: Cursor[Any], owners: Sequence[UUID], names: Sequence[str]
) -> tuple[ReadTo, dict[UUID, int]]:
    """The positions of these owners, locked until the transaction ends. `names`: read models.

    Beside them, where those of the owners stand who are parked: whoever parks or frees an owner
    holds these locks, too.
    """
    # Locked in one order by everybody, so that two projectors that believe they own the same
    # partition wait for each other instead of deadlocking.
    places = sorted((owner, name) for owner in owners for name in names)
    connection = cursor.connection
    with connection.cursor() as stops, connection.pipeline():
        cursor.execute(
            """
            INSERT INTO read_to (owner_id, projection, position)
            SELECT owner_id, projection, 0
              FROM unnest(%s::uuid[], %s::text[]) AS place (owner_id, projection)
             ORDER BY owner_id, projection
            ON CONFLICT DO NOTHING
            """,
            ([owner for owner, _ in places], [name for _, name in places]),
        )
        cursor.execute(
            """
            SELECT owner_id, projection, position FROM read_to
             WHERE owner_id = ANY (%s::uuid[]) AND projection = ANY (%s::text[])
             ORDER BY owner_id, projection FOR UPDATE
            """,
            (list(owners), list(names)),
        )
        # A statement of its own: it sees what was committed while the locks were waited for.
        stops.execute(
            "SELECT owner_id, position FROM parked_owners WHERE owner_id = ANY (%s::uuid[])",
            (list(owners),),
        )
        read_to: ReadTo = {owner: {} for owner in owners}
        for owner, name, position in cursor.fetchall():
            read_to[owner][name] = position
        return read_to, dict(stops.fetchall())


def keep_read_to(cursor: Cursor[Any], moved: Sequence[tuple[UUID, str, int]]) -> None:
    """Remember how far the owners were read, in the transaction of their rows."""
    cursor.execute(
        """
        UPDATE read_to AS kept SET position = moved.position
          FROM unnest(%s::uuid[], %s::text[], %s::bigint[])
               AS moved (owner_id, projection, position)
         WHERE kept.owner_id = moved.owner_id AND kept.projection = moved.projection
        """,
        (
            [owner for owner, _, _ in moved],
            [name for _, name, _ in moved],
            [position for _, _, position in moved],
        ),
    )
