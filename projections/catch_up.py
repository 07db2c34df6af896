"""Catching up with an owner who was parked: their facts from the event store, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from psycopg import Cursor

from domain.kernel.stored_form import Sealer, StoredForm
from projections.isolation import Isolation
from projections.parked_owners import (
    ParkedOwner,
    RetryPace,
    due_owners,
    find_parked,
    free,
    list_parked,
    put,
)
from projections.projector import FACTS_PER_TRANSACTION_MAX, Connect, projecting, wake
from projections.read_model import ReadModel
from projections.registry import READ_MODELS
from topics.messages.fact import Fact

FactsOf = Callable[[UUID, int, int], Sequence[Fact]]
"""One owner's stored facts after a position, in order, and at most so many of them."""


class Outcome(Enum):
    """What came of trying an owner again."""

    CAUGHT_UP = "caught up"
    FURTHER = "further, and more to come"
    STILL_PARKED = "still parked"
    NOT_PARKED = "not parked"


@dataclass(frozen=True)
class Tried:
    """An owner who was tried again, and where they stand if they still do."""

    owner_id: UUID
    outcome: Outcome
    parked: ParkedOwner | None = None


class CatchUp:
    """Tries parked owners again. Any number of processes may: an owner is locked while one does.

    `connect` is the projector's; `facts_of` reads on a connection of its own.
    """

    def __init__(
        self,
        connect: Connect,
        stored_form: StoredForm,
        sealer: Sealer,
        facts_of: FactsOf,
        read_models: Sequence[ReadModel] = READ_MODELS,
        *,
        pace: RetryPace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        facts_max: int = FACTS_PER_TRANSACTION_MAX,
    ) -> None:
        self._connect = connect
        self._isolation = Isolation(stored_form, sealer, read_models, pace=pace, now=now)
        self._facts_of = facts_of
        self._now = now
        self._facts_max = facts_max

    def retry_due(self, owners_max: int) -> tuple[Tried, ...]:
        """Try whoever is due, longest due first: one batch of facts each.

        An owner who has more than that is due again at once. Raises where the database is away.
        """
        with projecting(self._connect) as cursor:
            due = due_owners(cursor, self._now(), owners_max)
        return tuple(self._step(owner, even_if_not_due=False) for owner in due)

    def retry(self, owner_id: UUID) -> Tried:
        """Try an owner now, to the end of their facts."""
        while (tried := self._step(owner_id, even_if_not_due=True)).outcome is Outcome.FURTHER:
            continue
        return tried

    def parked(self, limit: int) -> list[ParkedOwner]:
        """Who is parked, longest first."""
        with projecting(self._connect) as cursor:
            return list_parked(cursor, limit)

    def _step(self, owner_id: UUID, *, even_if_not_due: bool) -> Tried:
        with projecting(self._connect) as cursor:
            read_to = self._isolation.lock(cursor, owner_id)
            # Under the lock: another process may have tried meanwhile.
            parked = find_parked(cursor, owner_id)
            if parked is None:
                return Tried(owner_id, Outcome.NOT_PARKED)
            if parked.due_at > self._now() and not even_if_not_due:
                return Tried(owner_id, Outcome.STILL_PARKED, parked)
            # Read under the lock, too: what is stored after this is folded, or passed over, after
            # this transaction, and nothing in between is missed.
            facts = self._facts_of(owner_id, read_to, self._facts_max)
            applied = self._isolation.apply_parked(cursor, facts)
            tried = self._settled(cursor, parked, applied.parked, facts)
            wake(cursor, [owner_id])
        return tried

    def _settled(
        self,
        cursor: Cursor[Any],
        before: ParkedOwner,
        stopped: Sequence[ParkedOwner],
        facts: Sequence[Fact],
    ) -> Tried:
        owner = before.owner_id
        if stopped:
            return Tried(owner, Outcome.STILL_PARKED, stopped[0])
        if len(facts) < self._facts_max:
            free(cursor, owner)
            return Tried(owner, Outcome.CAUGHT_UP)
        further = replace(before, position=facts[-1].position + 1, due_at=self._now())
        put(cursor, further)
        return Tried(owner, Outcome.FURTHER, further)
