"""Folding facts into read models inside the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Cursor

from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import Sealer, StoredEventUnreadable, StoredForm
from projections.grouping import grouped
from projections.outage import is_database_outage
from projections.read_model import Change, ReadModel
from projections.read_to import ReadTo, keep_read_to
from topics.messages.fact import Fact


@dataclass(frozen=True)
class Poisoned:
    """A fact that could not be folded, and the class of what was raised.

    All facts of its owner before it are folded, and none from it on.
    """

    owner_id: UUID
    position: int
    event_type: str
    error: str


@dataclass(frozen=True)
class Folded:
    """What one batch did: the owners who were read further, and the facts that stopped others."""

    owners: tuple[UUID, ...]
    poisoned: tuple[Poisoned, ...]


class Fold:
    """Events into rows, rows beside their read position.

    A fact is applied to a read model only where it is newer than `read_to` of that read model and
    owner, so every fact may be seen any number of times. Facts of one owner arrive in order of
    position. An event type that this release knows and no read model folds is passed over; one that
    it does not know stops its owner, as does whatever cannot be decoded.
    """

    def __init__(
        self, stored_form: StoredForm, sealer: Sealer, read_models: Sequence[ReadModel]
    ) -> None:
        self._stored_form = stored_form
        self._sealer = sealer
        self._read_models = tuple(read_models)
        self._folded = {name for model in read_models for name in model.event_types}
        self._known = frozenset(stored_form.event_types)
        self.names = tuple(model.name for model in read_models)

    def apply(self, cursor: Cursor[Any], facts: Sequence[Fact], read_to: ReadTo) -> Folded:
        """Change rows and read positions in the cursor's transaction and search path.

        `read_to` holds the locked positions of the facts' owners, and is moved along once the rows
        are written. Raises what the database says to a row; nothing is to be kept then.
        """
        owners = {fact.owner_id for fact in facts}
        reached = {owner: dict(read_to[owner]) for owner in owners}
        changes, poisoned = self._changes(facts, reached)
        moved = [
            (owner, name, position)
            for owner, positions in reached.items()
            for name, position in positions.items()
            if position != read_to[owner][name]
        ]
        if moved:
            with cursor.connection.pipeline():
                _find_rows_by_key(cursor)
                for group in grouped(changes.values()):
                    rows = msgspec.json.encode(group.rows).decode()
                    cursor.execute(group.statement, {"rows": rows})
                keep_read_to(cursor, moved)
        read_to.update(reached)
        return Folded(tuple(sorted({owner for owner, _, _ in moved})), tuple(poisoned.values()))

    def _changes(
        self, facts: Sequence[Fact], read_to: ReadTo
    ) -> tuple[dict[UUID, list[Change]], dict[UUID, Poisoned]]:
        """What follows for each owner, moving `read_to` along; and whom a fact has stopped."""
        changes: dict[UUID, list[Change]] = defaultdict(list)
        poisoned: dict[UUID, Poisoned] = {}
        for fact in facts:
            owner, positions = fact.owner_id, read_to[fact.owner_id]
            newer = [model for model in self._read_models if fact.position > positions[model.name]]
            if not newer or owner in poisoned:
                continue
            try:
                event = self._decode(fact)
                if event is not None:
                    changes[owner] += [one for model in newer for one in model.apply(event, fact)]
            except Exception as error:
                if is_database_outage(error):
                    raise
                poisoned[owner] = poisoned_by(fact, error)
                continue
            for model in newer:
                positions[model.name] = fact.position
        return changes, poisoned

    def _decode(self, fact: Fact) -> Aggregate.Event | None:
        if fact.event_type not in self._folded:
            if fact.event_type not in self._known:
                raise StoredEventUnreadable(f"unknown event type {fact.event_type!r}")
            return None
        return self._stored_form.decode(
            fact.event_type,
            fact.originator_id,
            fact.originator_version,
            fact.data,
            self._sealer,
        )


def poisoned_by(fact: Fact, error: Exception) -> Poisoned:
    """What is said of a fact that raised this. Only the class: a message may quote the fact."""
    return Poisoned(fact.owner_id, fact.position, fact.event_type, type(error).__name__)


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
