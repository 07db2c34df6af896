"""Folding a batch so that a fact which cannot be folded stops its owner, and nobody else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import Cursor

from domain.kernel.stored_form import Sealer, StoredForm
from projections.fold import Fold, Folded, poisoned_by
from projections.outage import is_database_outage
from projections.parked_owners import ParkedOwner, RetryPace, park
from projections.read_model import ReadModel
from projections.read_to import lock_read_to
from topics.messages.fact import Fact

_Folding: TypeAlias = Callable[[Cursor[Any], Sequence[Fact]], Folded]


@dataclass(frozen=True)
class Applied:
    """The owners whom a batch concerned, and those of them who were stopped by a fact in it."""

    owners: tuple[UUID, ...]
    parked: tuple[ParkedOwner, ...]


class Isolation:
    """A fold for many owners at once. Used inside the caller's transaction and search path."""

    def __init__(
        self,
        stored_form: StoredForm,
        sealer: Sealer,
        read_models: Sequence[ReadModel],
        *,
        pace: RetryPace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._fold = Fold(stored_form, sealer, read_models)
        self.pace = pace or RetryPace()
        self.now = now

    def apply_at_once(self, cursor: Cursor[Any], facts: Sequence[Fact]) -> Applied:
        """Fold a batch in which the database refuses nothing. The quick way, to be tried first.

        Raises what the database says; nothing of the transaction is to be kept then.
        """
        folded = self._fold_live(cursor, facts)
        return Applied(folded.owners, self._park(cursor, folded))

    def apply(self, cursor: Cursor[Any], facts: Sequence[Fact]) -> Applied:
        """Fold what can be folded. Facts of an owner who is parked are passed over.

        Raises where the database is away; nothing of the transaction is to be kept then.
        """
        folded = self._isolated(cursor, facts, self._fold_live)
        return Applied(folded.owners, self._park(cursor, folded))

    def apply_parked(self, cursor: Cursor[Any], facts: Sequence[Fact]) -> Applied:
        """Fold facts of one owner although they are parked, in order from where they stand."""
        folded = self._isolated(cursor, facts, self._fold_parked)
        return Applied(folded.owners, self._park(cursor, folded))

    def lock(self, cursor: Cursor[Any], owner_id: UUID) -> int:
        """The position up to which an owner is read, locked until the transaction ends."""
        read_to, _ = lock_read_to(cursor, [owner_id])
        return read_to[owner_id]

    def _fold_live(self, cursor: Cursor[Any], facts: Sequence[Fact]) -> Folded:
        read_to, stops = lock_read_to(cursor, _owners(facts))
        going = [fact for fact in facts if fact.owner_id not in stops] if stops else facts
        return self._fold.apply(cursor, going, read_to)

    def _fold_parked(self, cursor: Cursor[Any], facts: Sequence[Fact]) -> Folded:
        read_to, _ = lock_read_to(cursor, _owners(facts))
        return self._fold.apply(cursor, facts, read_to)

    def _park(self, cursor: Cursor[Any], folded: Folded) -> tuple[ParkedOwner, ...]:
        at = self.now()
        return tuple(park(cursor, one, at=at, pace=self.pace) for one in folded.poisoned)

    def _isolated(self, cursor: Cursor[Any], facts: Sequence[Fact], fold: _Folding) -> Folded:
        """Fold all at once, or else by halves, until the fact that the database refuses is alone.

        Halves hold whole owners first, in the order of their locks, and then an owner's facts in
        theirs. Locks are taken behind the savepoint, with the rows: a row that is locked before it
        and changed behind it costs several times as much.
        """
        if not facts:
            return Folded((), ())
        try:
            # A savepoint: what was folded before in this transaction stands.
            with cursor.connection.transaction():
                return fold(cursor, facts)
        except Exception as error:
            if is_database_outage(error):
                raise
            if len(facts) == 1:
                return Folded((), (poisoned_by(facts[0], error),))
        owners = _owners(facts)
        if len(owners) == 1:
            middle = len(facts) // 2
            first = self._isolated(cursor, facts[:middle], fold)
            if first.poisoned:
                return first
            return _together(first, self._isolated(cursor, facts[middle:], fold))
        half = set(owners[: len(owners) // 2])
        return _together(
            self._isolated(cursor, [fact for fact in facts if fact.owner_id in half], fold),
            self._isolated(cursor, [fact for fact in facts if fact.owner_id not in half], fold),
        )


def _owners(facts: Sequence[Fact]) -> list[UUID]:
    # By number, as in `key_of`: to compare UUIDs takes as long as to fold a fact of each.
    owners = {fact.owner_id.int: fact.owner_id for fact in facts}
    return [owners[number] for number in sorted(owners)]


def _together(one: Folded, other: Folded) -> Folded:
    owners = tuple(dict.fromkeys(one.owners + other.owners))
    return Folded(owners, one.poisoned + other.poisoned)
