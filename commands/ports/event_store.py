"""The event store as commands need it: one transaction for one owner."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import EventNotStorable

EVENTS_PER_SAVE_MAX = 10_000
"""Every writer waits while one save is inserted, which takes some 30 µs an event."""

OWNER_WAITING_MAX = 8
"""Commands of one owner that wait in one process while another of theirs is at work. A person who
clicks has one or two; eight leave three quarters of the API's threads to everybody else."""

OWNER_WAIT_MAX_S = 5.0
"""How long one of them waits: longer than any command takes, shorter than a person's patience."""


@dataclass(frozen=True)
class RecordedCommand:
    """One row of the commands table: what was asked under a key, and what was answered.

    `args_hmac` is a keyed digest of the command, so that the row itself holds no free text.
    `result` is msgspec JSON. `position` is that of the command's last event; of a command that
    recorded none, the store's position when it was answered.
    """

    key: UUID
    args_hmac: bytes
    result: bytes
    position: int = 0


class ConcurrentChange(Exception):
    """Someone else saved one of these aggregates first: load again and decide again."""


class OutcomeUnknown(Exception):
    """The connection was lost around COMMIT: the save may or may not have happened."""


class OwnerBusy(Exception):
    """Other commands of this owner took too long, or too many of them wait: nothing was done.

    No refusal: nothing is wrong with the command, and whoever has to have it done tries again.
    """

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"this owner's commands wait; again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class TooManyEvents(EventNotStorable):
    """One save of more than `EVENTS_PER_SAVE_MAX` events: the same save again is refused again."""

    def __init__(self, given: int) -> None:
        super().__init__(f"{given} events in one save; the limit is {EVENTS_PER_SAVE_MAX}")


def require_saveable(count: int) -> None:
    """Raises `TooManyEvents`. Every store asks this before it encodes or takes any lock."""
    if count > EVENTS_PER_SAVE_MAX:
        raise TooManyEvents(count)


class StoreTransaction(Protocol):
    """One owner's transaction on one connection, holding that owner's lock."""

    def recorded(self, key: UUID) -> RecordedCommand | None:
        """The command this owner recorded under `key`, if any."""
        ...

    def load(self, originator_id: UUID, owner_id: UUID) -> Aggregate | None:
        """The aggregate, from its last snapshot and the events after it.

        None where it does not exist *or belongs to another owner*: the two look the same.
        """
        ...

    def load_ahead(self, wanted: Sequence[tuple[UUID, UUID]]) -> None:
        """Read these (id, owner) in one round trip: the next `load` of each costs none.

        A hint, which changes nothing but the time it takes.
        """
        ...

    def first_event(self, originator_id: UUID, owner_id: UUID) -> Aggregate.Event | None:
        """The first event of an aggregate, with its personal text opened. None as in `load`."""
        ...

    def history(self, originator_id: UUID, owner_id: UUID) -> Sequence[Aggregate.Event]:
        """Every event of an aggregate, oldest first. Empty where `load` answers None.

        For the rare decision that rests on more than the present state, such as what to delete.
        """
        ...

    def position_of(self, originator_id: UUID, owner_id: UUID, version: int) -> int | None:
        """Where in the log the event lies that brought an aggregate to this version. None as in
        `load`.
        """
        ...

    def insert(
        self,
        events: Sequence[Aggregate.Event],
        *,
        unchanged: Sequence[tuple[UUID, int]],
        command: RecordedCommand,
    ) -> int:
        """Insert events and command row, check versions, chain, notify and commit. One round trip.

        `unchanged` names (aggregate id, version) pairs that must still be current. `events` may be
        empty. Returns the position of the last event, or the store's current position. Raises
        `ConcurrentChange`; raises `OutcomeUnknown` where the acknowledgement of COMMIT was lost,
        which the caller settles through `recorded` in a new transaction. May be called once.

        Raises `EventNotStorable` for what can never be saved, however often it is tried: an event
        that is too large or unknown, a gap in an aggregate's versions, an aggregate of another
        owner, and, as `TooManyEvents`, more than `EVENTS_PER_SAVE_MAX` events.
        """
        ...


class EventStore(Protocol):
    """All events of all owners, in commit order."""

    def transaction(
        self, owner_id: UUID, *, key: UUID | None = None
    ) -> AbstractContextManager[StoreTransaction]:
        """Begin, and take the owner's lock. Leaving without `insert` rolls back.

        `recorded` of a `key` that is given here costs no further round trip.

        Transactions of one owner take turns in a queue of their own, before they cost anybody else
        anything. Raises `OwnerBusy` where more than `OWNER_WAITING_MAX` wait, or where one has
        waited for `OWNER_WAIT_MAX_S`, here or for another process.
        """
        ...

    def owner_of(self, originator_id: UUID) -> UUID | None:
        """Whose aggregate this is. For processes that act on reports, never for viewers."""
        ...
