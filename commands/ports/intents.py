"""What is still to be done because of events: one row an effect, until it was done.

All times are arguments: no store of intents has a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

PLACES_PER_OWNER = 4
"""Intents of one owner that may have a place in one queue: enough to keep workers busy while the
next is announced, and the most that anybody else's turn can be behind."""

PLACES_PER_OWNER_MAX = 2 * PLACES_PER_OWNER
"""With those that were moved before others that have a place already: who only moves jobs, again
and again, still fills no queue."""

OVER = "over"
"""The outcome of what stood or waited in a queue for something that came to its end."""

WHEN_WOKEN = datetime(9999, 1, 1, tzinfo=UTC)
"""The `next_try_at` of what is not tried again until somebody makes it due."""


@dataclass(frozen=True)
class Intent:
    """One effect of one event.

    `intent_id` is the idempotency key of the command that it ends in. `payload` says what is to be
    done, in the form of `commands.reactions.wanted_form`: ids, amounts and enums, no personal text.
    `attempts` counts failures. `outcome` is given where it was done before it is written. `queue`
    names the queue in which it needs a place before it is carried out: in the order of their causes
    there, unless another turn was taken.
    """

    intent_id: UUID
    owner_id: UUID
    cause_position: int
    reaction: str
    target: str
    payload: bytes
    created_at: datetime
    next_try_at: datetime
    attempts: int = 0
    outcome: str | None = None
    queue: str | None = None


@dataclass(frozen=True)
class Lease:
    """An intent that one executor may carry out until the lease runs out, or is renewed."""

    intent: Intent
    lease_id: UUID


@dataclass(frozen=True)
class IntentState:
    """How an intent stands. `last_error` is the name of a class, never a message."""

    intent: Intent
    done_at: datetime | None
    parked_at: datetime | None
    last_error: str | None


@dataclass(frozen=True)
class Place:
    """A place in a queue. `announced_at` is None until that was noted.

    `turn` is the position of its cause, or the turn that was taken since.
    """

    announced_at: datetime | None
    turn: int


class NoPlace(Enum):
    """Why an intent has no place in its queue."""

    WAITS = "the owner's places are taken: it becomes due when one is free"
    OVER = "it is done, or dropped"


@dataclass(frozen=True)
class Over:
    """Whatever of an owner's stands or waits in a queue for `target`, because of an event before
    this position, has come to its end.
    """

    owner_id: UUID
    target: str
    before: int


class IntentStore(Protocol):
    """Every intent. May be used from many threads and by many processes at once."""

    def claim(self, *, now: datetime, leased_until: datetime) -> Lease | None:
        """Lease one intent that is due; None where there is none.

        One owner's intents are leased one at a time, the longest due first, of those due at once
        the one whose cause or turn is earlier; and owners take turns. A lease that ran out counts
        as none: its intent may be claimed again.
        """
        ...

    def renew(self, lease: Lease, *, leased_until: datetime) -> None:
        """Hold a lease for longer. One that was lost stays lost."""
        ...

    def finish(
        self, lease: Lease, *, outcome: str, now: datetime, then: Sequence[Intent] = ()
    ) -> None:
        """It is done, for ever; what follows from it is written in the same transaction.

        Counts also after the lease was lost. The first outcome stays.
        """
        ...

    def postpone(self, lease: Lease, *, until: datetime, now: datetime) -> None:
        """Not yet: try again at `until`. No failure. Changes nothing after the lease was lost."""
        ...

    def release(self, lease: Lease, *, now: datetime) -> None:
        """The owner's turn is over, and the intent stays as it is."""
        ...

    def fail(
        self, lease: Lease, *, error: str, retry_at: datetime, now: datetime, parked: bool
    ) -> None:
        """It failed with an error of this class: count it and try again at `retry_at`.

        `parked` has it shown as parked from now on. Changes nothing after the lease was lost.
        """
        ...

    def take_place(self, intent_id: UUID, owner_id: UUID) -> Place | NoPlace:
        """Take one of the owner's `PLACES_PER_OWNER` places in the intent's queue, or keep it.

        As many may have one whose turn is later: up to `PLACES_PER_OWNER_MAX` in all. Who has none
        waits to be woken: let go of the lease with `release` then.
        """
        ...

    def take_turn(self, owner_id: UUID, target: str, turn: int, *, now: datetime) -> None:
        """From now on this is the turn of whatever of an owner's stands or waits for `target`.

        Who has come before others that have a place is woken, as far as there is room.
        """
        ...

    def note_announced(self, intent_id: UUID, *, at: datetime) -> None:
        """Remember when an intent that has a place was announced in its queue."""
        ...

    def wake(self, reaction: str, *, now: datetime) -> int:
        """Make everything due now that is pending of one reaction. Answers how many."""
        ...

    def next_try_at(self) -> datetime | None:
        """When the next intent is due, leased ones not excepted; None where nothing is pending."""
        ...

    def find(self, intent_id: UUID) -> IntentState | None:
        """How one intent stands; None where there is none, or no longer."""
        ...

    def parked(self, limit: int) -> tuple[IntentState, ...]:
        """Pending intents that are shown as parked, those parked longest first."""
        ...

    def retry(self, intent_id: UUID, *, now: datetime) -> bool:
        """Make an intent due now, as if it had never failed. False where it is not pending."""
        ...

    def drop(self, intent_id: UUID, *, now: datetime) -> bool:
        """Never carry an intent out: it ends as `dropped`. False where it is not pending."""
        ...

    def forget_done(self, *, done_before: datetime, limit: int) -> int:
        """Delete up to `limit` intents that were done before then. Answers how many."""
        ...


class IntentTail(Protocol):
    """The side of the one process that turns events into intents."""

    def position(self) -> int:
        """The position up to which every event was turned into its intents; 0 at first."""
        ...

    def record(
        self, intents: Sequence[Intent], *, read_to: int, now: datetime, over: Sequence[Over] = ()
    ) -> None:
        """Write intents and the position, both or neither. Intents that are known stay as they are.

        An intent with an outcome is written as done. Those that are `over` are done, too, and as
        many as have room now are woken in their stead.
        """
        ...

    def adopted(self) -> bool:
        """Whether what was done before there were intents has been taken over."""
        ...

    def adopt(self, intents: Sequence[Intent]) -> None:
        """Write intents of events that lie before the position, which stays where it is."""
        ...

    def end_adoption(self) -> None:
        """All of it has been taken over: `adopted` from now on."""
        ...
