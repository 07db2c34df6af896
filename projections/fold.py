"""Folding facts into read models inside the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from psycopg import Cursor

from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import Sealer, StoredEventUnreadable, StoredForm
from projections.grouping import grouped
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

ReadTo: TypeAlias = dict[UUID, dict[str, int]]
"""By owner and read model, the position up to which facts are folded."""


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
        before = {owner: dict(positions) for owner, positions in read_to.items()}
        changes, unreadable = self._changes(facts, read_to)
        moved = [
            (owner, name, position)
            for owner, positions in read_to.items()
            for name, position in positions.items()
            if position != before[owner][name]
        ]
        with cursor.connection.pipeline():
            _find_rows_by_key(cursor)
            for group in grouped(changes.values()):
                rows = msgspec.json.encode(group.rows).decode()
                cursor.execute(group.statement, {"rows": rows})
            self._keep_read_to(cursor, moved)
        return Folded(tuple(sorted({owner for owner, _, _ in moved})), tuple(unreadable))

    def _changes(
        self, facts: Sequence[Fact], read_to: ReadTo
    ) -> tuple[dict[UUID, list[Change]], list[Fact]]:
        """What follows for each owner, moving `read_to` along; and what nobody could read."""
        changes: dict[UUID, list[Change]] = defaultdict(list)
        unreadable: list[Fact] = []
        for fact in facts:
            try:
                event = self._decode(fact)
            except StoredEventUnreadable:
                event = None
                unreadable.append(fact)
            positions, of_owner = read_to[fact.owner_id], changes[fact.owner_id]
            for model in self._read_models:
                if fact.position <= positions[model.name]:
                    continue
                positions[model.name] = fact.position
                if event is not None:
                    of_owner.extend(model.apply(event, fact))
        return changes, unreadable

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

    def _lock_read_to(self, cursor: Cursor[Any], owners: Sequence[UUID]) -> ReadTo:
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
        read_to: ReadTo = {owner: {} for owner in owners}
        for owner, name, position in cursor.fetchall():
            read_to[owner][name] = position
        return read_to

    def _keep_read_to(self, cursor: Cursor[Any], moved: Sequence[tuple[UUID, str, int]]) -> None:
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


def _find_rows_by_key(cursor: Cursor[Any]) -> None:
    """Until the transaction ends, rows are found through the keys, whatever the planner believes.

    Statements are planned while tables are small or never looked at, and their plans are kept: one
    that reads all of a table would be as cheap then, and ruinous later.
    """
    cursor.execute(
        """
        SELECT set_config('enable_seqscan', 'off', true),
               set_config('enable_hashjoin', 'off', true),
               set_config('enable_mergejoin', 'off', true)
        """
    )
