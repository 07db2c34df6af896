"""What a handler holds while it decides: the aggregates it loaded and the one save it makes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from commands.ports.attendance import NOBODY, Attendance
from commands.ports.event_store import StoreTransaction
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import SYSTEM
from domain.refusals import NotFound

A = TypeVar("A", bound=Aggregate)
E = TypeVar("E", bound=Aggregate.Event)


@dataclass
class Work:
    """One command in one transaction for one owner.

    A handler loads, lets aggregates decide, and calls `save` at most once. Nothing is written until
    the handler has returned. `attendance` is who is there to do what is asked for.
    """

    transaction: StoreTransaction
    owner_id: UUID
    key: UUID
    now: datetime
    attendance: Attendance = NOBODY
    saved: tuple[Aggregate, ...] = field(default=(), init=False)
    unchanged: tuple[Aggregate, ...] = field(default=(), init=False)

    def load(self, kind: type[A], originator_id: UUID) -> A:
        """This owner's aggregate. Raises `NotFound`, also where it belongs to somebody else."""
        aggregate = self.find(kind, originator_id)
        if aggregate is None:
            raise NotFound()
        return aggregate

    def find(self, kind: type[A], originator_id: UUID) -> A | None:
        """This owner's aggregate, or None."""
        aggregate = self.transaction.load(originator_id, self.owner_id)
        return aggregate if isinstance(aggregate, kind) else None

    def load_ahead(self, *originator_ids: UUID | None, shared: Sequence[UUID] = ()) -> None:
        """Say what will be loaded of this owner and of `SYSTEM`, so that it is read at once."""
        own = [(one, self.owner_id) for one in originator_ids if one is not None]
        self.transaction.load_ahead([*own, *((one, SYSTEM) for one in shared)])

    def load_shared(self, kind: type[A], originator_id: UUID) -> A:
        """An aggregate of `SYSTEM`: the price list or the policy. Raises `NotFound`."""
        aggregate = self.transaction.load(originator_id, SYSTEM)
        if not isinstance(aggregate, kind):
            raise NotFound()
        return aggregate

    def first_event(self, kind: type[E], originator_id: UUID) -> E:
        """The event that opened an aggregate, with its text. Raises `NotFound`."""
        event = self.transaction.first_event(originator_id, self.owner_id)
        if not isinstance(event, kind):
            raise NotFound()
        return event

    def history(self, aggregate: Aggregate) -> Sequence[Aggregate.Event]:
        """Everything that is stored of an aggregate of this owner, oldest first."""
        return self.transaction.history(aggregate.id, self.owner_id)

    def position_of(self, aggregate: Aggregate, version: int) -> int:
        """Where in the log the event lies that brought one of this owner's to this version.

        Raises `NotFound` where there is no such event.
        """
        found = self.transaction.position_of(aggregate.id, self.owner_id, version)
        if found is None:
            raise NotFound()
        return found

    def save(self, *aggregates: Aggregate, unchanged: Sequence[Aggregate] = ()) -> None:
        """Save all or none. `unchanged` were only read, but must still be current.

        A decision that rests on a consent epoch names its twin in one of the two.
        """
        if self.saved or self.unchanged:
            raise RuntimeError("a handler saves once")
        self.saved, self.unchanged = aggregates, tuple(unchanged)
