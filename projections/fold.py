"""Folding facts into read models inside the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import Cursor

from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import Sealer, StoredEventUnreadable, StoredForm
from projections.outage import is_database_outage
from projections.read_model import Change, ReadModel
from projections.read_to import ReadTo, keep_read_to
from projections.rows import Rows
from projections.storing import find_rows_by_key, load, store
from projections.tables import Key, Table
from topics.messages.fact import Fact

_Said: TypeAlias = list[tuple[Fact, list[Change]]]
_Poison: TypeAlias = "dict[UUID, Poisoned]"


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

    A fact is applied only where it is newer than `read_to` of its owner, so every fact may be seen
    any number of times. Facts of one owner arrive in order of position. An event type that this
    release knows and no read model folds is passed over; one that it does not know stops its owner,
    as does whatever cannot be decoded.

    Owners share no rows. The rows that a batch concerns are read once, changed in memory, fact by
    fact, and written once: the database is asked as often for one owner's batch as for anybody's.
    """

    def __init__(
        self, stored_form: StoredForm, sealer: Sealer, read_models: Sequence[ReadModel]
    ) -> None:
        self._stored_form = stored_form
        self._sealer = sealer
        self._read_models: dict[str, list[ReadModel]] = defaultdict(list)
        for model in read_models:
            for name in model.event_types:
                self._read_models[name].append(model)
        self._known = frozenset(stored_form.event_types)

    def apply(self, cursor: Cursor[Any], facts: Sequence[Fact], read_to: ReadTo) -> Folded:
        """Change rows and read positions in the cursor's transaction and search path.

        `read_to` holds the locked positions of the facts' owners, and is moved along once the rows
        are written. Raises what the database says to a row; nothing is to be kept then.
        """
        poisoned: _Poison = {}
        said = self._said(facts, read_to, poisoned)
        if not said:
            return Folded((), tuple(poisoned.values()))
        with cursor.connection.pipeline():
            find_rows_by_key(cursor)
            rows = Rows()
            load(cursor, rows, _wanted(said, rows))
        moved = _make(said, rows, poisoned)
        if moved:
            with cursor.connection.pipeline():
                store(cursor, rows)
                keep_read_to(cursor, moved)
        read_to.update(moved)
        return Folded(tuple(moved), tuple(poisoned.values()))

    def _said(self, facts: Sequence[Fact], read_to: ReadTo, poisoned: _Poison) -> _Said:
        """What is to change for each fact that is new, up to the one that stops its owner."""
        said: _Said = []
        reached = dict(read_to)
        for fact in facts:
            owner = fact.owner_id
            if fact.position <= reached[owner] or (poisoned and owner in poisoned):
                continue
            try:
                event = self._decode(fact)
                changes: list[Change] = []
                if event is not None:
                    for model in self._read_models[fact.event_type]:
                        changes += model.apply(event, fact)
            except Exception as error:
                if is_database_outage(error):
                    raise
                poisoned[owner] = poisoned_by(fact, error)
                continue
            said.append((fact, changes))
            reached[owner] = fact.position
        return said

    def _decode(self, fact: Fact) -> Aggregate.Event | None:
        if fact.event_type not in self._read_models:
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


def _wanted(said: _Said, rows: Rows) -> dict[Table, list[Key]]:
    """The groups that must be read before the changes are made. Those that begin are begun."""
    unread: dict[Table, dict[Key, bool]] = defaultdict(dict)
    for _, changes in said:
        for change in changes:
            for table, group in change.reads:
                unread[table].setdefault(group, True)
            for table, group in change.begins:
                if not unread[table].setdefault(group, False):
                    rows.begin(table, group)
    return {
        table: wanted
        for table, groups in unread.items()
        if (wanted := [group for group, is_wanted in groups.items() if is_wanted])
    }


def _make(said: _Said, rows: Rows, poisoned: _Poison) -> dict[UUID, int]:
    """Make the changes, each fact's or none of them. Answers how far each owner came."""
    moved: dict[UUID, int] = {}
    stopped: set[UUID] = set()
    for fact, changes in said:
        owner = fact.owner_id
        if stopped and owner in stopped:
            continue
        try:
            for change in changes:
                change.make(rows)
        except Exception as error:
            rows.undo()
            stopped.add(owner)
            # It stands before the fact that could not even be read.
            poisoned[owner] = poisoned_by(fact, error)
            continue
        rows.settle()
        moved[owner] = fact.position
    return moved
