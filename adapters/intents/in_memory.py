"""Intents in dictionaries: for tests, with the same contract as those in PostgreSQL."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from commands.ports.intents import (
    OVER,
    PLACES_PER_OWNER,
    PLACES_PER_OWNER_MAX,
    WHEN_WOKEN,
    Intent,
    IntentState,
    Lease,
    NoPlace,
    Over,
    Place,
)


@dataclass
class _Row:
    intent: Intent
    number: int
    done_at: datetime | None = None
    parked_at: datetime | None = None
    last_error: str | None = None
    has_place: bool = False
    announced_at: datetime | None = None
    taken_turn: int | None = None

    @property
    def turn(self) -> int:
        return self.intent.cause_position if self.taken_turn is None else self.taken_turn

    @property
    def in_line(self) -> tuple[int, int]:
        return self.turn, self.number

    @property
    def state(self) -> IntentState:
        return IntentState(self.intent, self.done_at, self.parked_at, self.last_error)


@dataclass
class _Turn:
    """An owner with pending intents, by id."""

    due_at: datetime
    pending: dict[UUID, _Row] = field(default_factory=dict)
    leased_until: datetime | None = None
    lease_id: UUID | None = None


class InMemoryIntents:
    """Implements `commands.ports.intents`: the store and the tail's side of it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rows: dict[UUID, _Row] = {}
        self._turns: dict[UUID, _Turn] = {}
        self._position = 0
        self._adopted = False
        self._written = 0

    def position(self) -> int:
        """See the port."""
        return self._position

    def record(
        self, intents: Sequence[Intent], *, read_to: int, now: datetime, over: Sequence[Over] = ()
    ) -> None:
        """See the port."""
        with self._lock:
            self._write(intents)
            for one in over:
                self._over(one, now)
            self._position = max(self._position, read_to)

    def adopted(self) -> bool:
        """See the port."""
        return self._adopted

    def adopt(self, intents: Sequence[Intent]) -> None:
        """See the port."""
        with self._lock:
            self._write(intents)

    def end_adoption(self) -> None:
        """See the port."""
        self._adopted = True

    def claim(self, *, now: datetime, leased_until: datetime) -> Lease | None:
        """See the port."""
        with self._lock:
            while (owner := self._next_owner(now)) is not None:
                turn = self._turns[owner]
                due = [row for row in turn.pending.values() if row.intent.next_try_at <= now]
                if due:
                    turn.leased_until, turn.lease_id = leased_until, uuid4()
                    first = min(due, key=lambda row: (row.intent.next_try_at, *row.in_line))
                    return Lease(first.intent, turn.lease_id)
                self._pass_turn(owner, now)
        return None

    def renew(self, lease: Lease, *, leased_until: datetime) -> None:
        """See the port."""
        with self._lock:
            if self._holds(lease):
                self._turns[lease.intent.owner_id].leased_until = leased_until

    def finish(
        self, lease: Lease, *, outcome: str, now: datetime, then: Sequence[Intent] = ()
    ) -> None:
        """See the port."""
        with self._lock:
            self._end(self._rows[lease.intent.intent_id], outcome, now)
            self._fill(lease.intent.owner_id, lease.intent.queue, now)
            self._write(then)
            self._pass_turn_of(lease, now)

    def postpone(self, lease: Lease, *, until: datetime, now: datetime) -> None:
        """See the port."""

        def later(row: _Row) -> None:
            row.intent = replace(row.intent, next_try_at=until)

        self._change(lease, now, later)

    def release(self, lease: Lease, *, now: datetime) -> None:
        """See the port."""
        self._change(lease, now, lambda row: None)

    def fail(
        self, lease: Lease, *, error: str, retry_at: datetime, now: datetime, parked: bool
    ) -> None:
        """See the port."""

        def failed(row: _Row) -> None:
            attempts = row.intent.attempts + 1
            row.intent = replace(row.intent, next_try_at=retry_at, attempts=attempts)
            row.last_error = error
            if parked and row.parked_at is None:
                row.parked_at = now

        self._change(lease, now, failed)

    def take_place(self, intent_id: UUID, owner_id: UUID) -> Place | NoPlace:
        """See the port."""
        with self._lock:
            row = self._rows.get(intent_id)
            if row is None or row.done_at is not None:
                return NoPlace.OVER
            if not row.has_place and not self._has_room(owner_id, row):
                row.intent = replace(row.intent, next_try_at=WHEN_WOKEN)
                return NoPlace.WAITS
            row.has_place = True
            return Place(row.announced_at, row.turn)

    def take_turn(self, owner_id: UUID, target: str, turn: int, *, now: datetime) -> None:
        """See the port."""
        with self._lock:
            moved = [
                row
                for row in self._pending_of(owner_id)
                if row.intent.queue is not None and row.intent.target == target
            ]
            for row in moved:
                row.taken_turn = turn
            for queue in {row.intent.queue for row in moved}:
                self._fill(owner_id, queue, now)

    def note_announced(self, intent_id: UUID, *, at: datetime) -> None:
        """See the port."""
        with self._lock:
            self._rows[intent_id].announced_at = at

    def wake(self, reaction: str, *, now: datetime) -> int:
        """See the port."""
        return self._make_due(lambda intent: intent.reaction == reaction, now)

    def next_try_at(self) -> datetime | None:
        """See the port."""
        with self._lock:
            return min((turn.due_at for turn in self._turns.values()), default=None)

    def find(self, intent_id: UUID) -> IntentState | None:
        """See the port."""
        with self._lock:
            row = self._rows.get(intent_id)
            return None if row is None else row.state

    def all(self) -> tuple[IntentState, ...]:
        """Every intent, in the order in which they were written."""
        with self._lock:
            return tuple(row.state for row in self._rows.values())

    def parked(self, limit: int) -> tuple[IntentState, ...]:
        """See the port."""
        with self._lock:
            shown = [
                (row.parked_at, row.intent.intent_id, row.state)
                for row in self._pending()
                if row.parked_at is not None
            ]
        return tuple(state for _, _, state in sorted(shown, key=lambda one: one[:2])[:limit])

    def retry(self, intent_id: UUID, *, now: datetime) -> bool:
        """See the port."""
        return self._make_due(lambda intent: intent.intent_id == intent_id, now) > 0

    def drop(self, intent_id: UUID, *, now: datetime) -> bool:
        """See the port."""
        with self._lock:
            row = self._rows.get(intent_id)
            if row is None or not self._end(row, "dropped", now):
                return False
            self._fill(row.intent.owner_id, row.intent.queue, now)
            return True

    def forget_done(self, *, done_before: datetime, limit: int) -> int:
        """See the port."""
        with self._lock:
            done = [
                (row.done_at, intent_id)
                for intent_id, row in self._rows.items()
                if row.done_at is not None and row.done_at < done_before
            ]
            for _, intent_id in sorted(done)[:limit]:
                del self._rows[intent_id]
            return min(len(done), limit)

    def _next_owner(self, now: datetime) -> UUID | None:
        free = [
            (turn.due_at, owner)
            for owner, turn in self._turns.items()
            if turn.due_at <= now and (turn.leased_until is None or turn.leased_until <= now)
        ]
        return min(free)[1] if free else None

    def _write(self, intents: Iterable[Intent]) -> None:
        for intent in intents:
            if intent.intent_id in self._rows:
                continue
            self._written += 1
            row = self._rows[intent.intent_id] = _Row(intent, self._written)
            if intent.outcome is not None:
                row.done_at = intent.created_at
                continue
            turn = self._turns.setdefault(intent.owner_id, _Turn(intent.next_try_at))
            turn.due_at = min(turn.due_at, intent.next_try_at)
            turn.pending[intent.intent_id] = row

    def _over(self, over: Over, now: datetime) -> None:
        ended = [
            row
            for row in self._pending_of(over.owner_id)
            if row.intent.queue is not None
            and row.intent.target == over.target
            and row.intent.cause_position < over.before
        ]
        for row in ended:
            self._end(row, OVER, now)
        for queue in {row.intent.queue for row in ended}:
            self._fill(over.owner_id, queue, now)

    def _fill(self, owner: UUID, queue: str | None, now: datetime) -> None:
        """Wake as many as have room in a queue, those whose turn comes first."""
        waiting = [
            row
            for row in self._pending_of(owner)
            if queue is not None
            and row.intent.queue == queue
            and row.intent.next_try_at == WHEN_WOKEN
        ]
        waiting.sort(key=lambda row: row.in_line)
        for before, row in enumerate(waiting[:PLACES_PER_OWNER]):
            if self._has_room(owner, row, before):
                row.intent = replace(row.intent, next_try_at=now)
                turn = self._turns[owner]
                turn.due_at = min(turn.due_at, now)

    def _has_room(self, owner: UUID, row: _Row, before: int = 0) -> bool:
        """Whether there is a place for it, besides those of so many that wait before it."""
        pending = self._pending_of(owner)
        placed = [other for other in pending if other.has_place]
        placed = [other for other in placed if other.intent.queue == row.intent.queue]
        earlier = sum(other.in_line < row.in_line for other in placed)
        in_all = len(placed) + before < PLACES_PER_OWNER_MAX
        return in_all and earlier + before < PLACES_PER_OWNER

    def _pending_of(self, owner: UUID) -> list[_Row]:
        turn = self._turns.get(owner)
        return [] if turn is None else list(turn.pending.values())

    def _end(self, row: _Row, outcome: str, now: datetime) -> bool:
        if row.done_at is not None:
            return False
        row.intent = replace(row.intent, outcome=outcome)
        row.done_at = now
        del self._turns[row.intent.owner_id].pending[row.intent.intent_id]
        return True

    def _change(self, lease: Lease, now: datetime, change: Callable[[_Row], None]) -> None:
        with self._lock:
            row = self._rows[lease.intent.intent_id]
            if row.done_at is None and self._holds(lease):
                change(row)
            self._pass_turn_of(lease, now)

    def _make_due(self, wanted: Callable[[Intent], bool], now: datetime) -> int:
        with self._lock:
            rows = [row for row in self._pending() if wanted(row.intent)]
            for row in rows:
                next_try_at = min(row.intent.next_try_at, now)
                row.intent = replace(row.intent, next_try_at=next_try_at, attempts=0)
                row.parked_at = row.last_error = None
                turn = self._turns[row.intent.owner_id]
                turn.due_at = min(turn.due_at, now)
            return len(rows)

    def _pending(self) -> Iterator[_Row]:
        for turn in self._turns.values():
            yield from turn.pending.values()

    def _holds(self, lease: Lease) -> bool:
        turn = self._turns.get(lease.intent.owner_id)
        return turn is not None and turn.lease_id == lease.lease_id

    def _pass_turn_of(self, lease: Lease, now: datetime) -> None:
        if self._holds(lease):
            self._pass_turn(lease.intent.owner_id, now)

    def _pass_turn(self, owner: UUID, now: datetime) -> None:
        turn = self._turns[owner]
        turn.leased_until = turn.lease_id = None
        if not turn.pending:
            del self._turns[owner]
            return
        first = min(row.intent.next_try_at for row in turn.pending.values())
        turn.due_at = max(first, now)
