"""Read positions: up to where each owner's facts are folded."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import Cursor

from projections.tables import array_of

ReadTo: TypeAlias = dict[UUID, int]
"""By owner, the position up to which facts are folded into every read model."""

_PROJECTION = "read-models"
"""All read models are one projection: they are folded together or not at all."""


def lock_read_to(cursor: Cursor[Any], owners: Sequence[UUID]) -> tuple[ReadTo, dict[UUID, int]]:
    """The positions of these owners, locked until the transaction ends.

    Beside them, where those of the owners stand who are parked: whoever parks or frees an owner
    holds these locks, too.
    """
    # Locked in one order by everybody, so that two projectors that believe they own the same
    # partition wait for each other instead of deadlocking.
    places = array_of(sorted(owner.int for owner in owners))
    connection = cursor.connection
    # A cursor for each answer that is read: results may come while more is still being sent, and a
    # cursor of two statements then shows that of the first.
    with (
        connection.cursor() as positions,
        connection.cursor() as stops,
        connection.pipeline(),
    ):
        cursor.execute(
            """
            INSERT INTO read_to (owner_id, projection, position)
            SELECT owner_id, %s, 0 FROM unnest(%s::uuid[]) AS place (owner_id)
             WHERE NOT EXISTS (
                   SELECT FROM read_to AS there
                    WHERE there.owner_id = place.owner_id AND there.projection = %s)
             ORDER BY owner_id
            ON CONFLICT DO NOTHING
            """,
            (_PROJECTION, places, _PROJECTION),
        )
        positions.execute(
            """
            SELECT owner_id, position FROM read_to
             WHERE owner_id = ANY (%s::uuid[]) AND projection = %s
             ORDER BY owner_id FOR UPDATE
            """,
            (places, _PROJECTION),
        )
        # A statement of its own: it sees what was committed while the locks were waited for.
        stops.execute(
            "SELECT owner_id, position FROM parked_owners WHERE owner_id = ANY (%s::uuid[])",
            (places,),
        )
        read_to: ReadTo = dict(positions.fetchall())
        return read_to, dict(stops.fetchall())


def keep_read_to(cursor: Cursor[Any], moved: Mapping[UUID, int]) -> None:
    """Remember how far the owners were read, in the transaction of their rows."""
    # The whole key comes from one side of the join. With the projection as a constant, a table that
    # nobody has analysed, as all are in a rebuild, is read once for every owner.
    cursor.execute(
        """
        UPDATE read_to AS kept SET position = moved.position
          FROM unnest(
                   %s::uuid[], %s::bigint[], array_fill(%s::text, ARRAY[%s::int])
               ) AS moved (owner_id, position, projection)
         WHERE kept.owner_id = moved.owner_id AND kept.projection = moved.projection
        """,
        (array_of(owner.int for owner in moved), list(moved.values()), _PROJECTION, len(moved)),
    )
