"""Folding facts into read models inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Cursor

from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import Sealer, StoredEventUnreadable, StoredForm
from projections.read_model import ReadModel
from topics.messages.fact import Fact


@dataclass(frozen=True)
class Folded:
    """What one batch did: the owners who were read further, and what nobody could read."""

    owners: tuple[UUID, ...]
    unreadable: tuple[Fact, ...]


class Fold:
    """Events into rows, rows beside their read position.

    A fact is applied to a read model only where it is newer than `read_to` of that read model and
    owner, so every fact may be seen any number of times. Facts of one owner arrive in order of
    position. Event types that no read model folds are passed over.
    """

    def __init__(
        self, stored_form: StoredForm, sealer: Sealer, read_models: Sequence[ReadModel]
    ) -> None:
        self._stored_form = stored_form
        self._sealer = sealer
        self._read_models = tuple(read_models)
        self._folded = {name for model in read_models for name in model.event_types}

    def apply(self, cursor: Cursor[Any], facts: Sequence[Fact]) -> Folded:
        """Change rows and read positions in the cursor's transaction and search path."""
        owners = tuple(sorted({fact.owner_id for fact in facts}))
        if not owners:
            return Folded((), ())
        read_to = self._lock_read_to(cursor, owners)
        before = dict(read_to)
        unreadable: list[Fact] = []
        with cursor.connection.pipeline():
            for fact in facts:
                try:
                    event = self._decode(fact)
                except StoredEventUnreadable:
                    event = None
                    unreadable.append(fact)
                for model in self._read_models:
                    place = (fact.owner_id, model.name)
                    if fact.position <= read_to[place]:
                        continue
                    read_to[place] = fact.position
                    if event is not None:
                        for change in model.apply(event, fact):
                            cursor.execute(change.statement, change.values)
            moved = [place for place in read_to if read_to[place] != before[place]]
            self._keep_read_to(cursor, {place: read_to[place] for place in moved})
        return Folded(tuple(sorted({owner for owner, _ in moved})), tuple(unreadable))

    def _decode(self, fact: Fact) -> Aggregate.Event | None:
        if fact.event_type not in self._folded:
            return None
        return self._stored_form.decode(
            fact.event_type,
            fact.originator_id,
            fact.originator_version,
            fact.data,
            self._sealer,
        )

    def _lock_read_to(
        self, cursor: Cursor[Any], owners: Sequence[UUID]
    ) -> dict[tuple[UUID, str], int]:
        # Locked in one order by everybody, so that two projectors that believe they own the same
        # partition wait for each other instead of deadlocking.
        places = sorted((owner, model.name) for owner in owners for model in self._read_models)
        values = ([owner for owner, _ in places], [name for _, name in places])
        cursor.execute(
            """
            INSERT INTO read_to (owner_id, projection, position)
            SELECT owner_id, projection, 0
              FROM unnest(%s::uuid[], %s::text[]) AS place (owner_id, projection)
             ORDER BY owner_id, projection
            ON CONFLICT DO NOTHING
            """,
            values,
        )
        cursor.execute(
            """
            SELECT owner_id, projection, position FROM read_to
             WHERE owner_id = ANY (%s::uuid[]) AND projection = ANY (%s::text[])
             ORDER BY owner_id, projection FOR UPDATE
            """,
            (list(owners), [model.name for model in self._read_models]),
        )
        return {(owner, name): position for owner, name, position in cursor.fetchall()}

    def _keep_read_to(self, cursor: Cursor[Any], moved: dict[tuple[UUID, str], int]) -> None:
        cursor.execute(
            """
            UPDATE read_to AS kept SET position = moved.position
              FROM unnest(%s::uuid[], %s::text[], %s::bigint[])
                   AS moved (owner_id, projection, position)
             WHERE kept.owner_id = moved.owner_id AND kept.projection = moved.projection
            """,
            (
                [owner for owner, _ in moved],
                [name for _, name in moved],
                list(moved.values()),
            ),
        )
