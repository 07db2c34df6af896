"""The event store in dictionaries: for tests, with the same contract as the one on PostgreSQL."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.event_store.chain import GENESIS, ChainedEvent, content_of, digest_of, link_of
from adapters.event_store.owner_turns import OwnerTurns
from commands.ports.event_store import (
    ConcurrentChange,
    OutcomeUnknown,
    RecordedCommand,
    require_saveable,
)
from domain.event_class import event_class
from domain.events import STORED_FORM
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import Erased, FreeText, PersonalText
from domain.kernel.stored_form import EventNotStorable, SealedText, Sealer, StoredForm

StoredRow: TypeAlias = ChainedEvent
"""One event as it is stored. `position` is commit order over all owners, from 1."""


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class InMemoryKeys:
    """A sealer with one AES-256-GCM key per owner, which can be destroyed."""

    def __init__(self) -> None:
        self._keys: dict[UUID, bytes] = {}
        self._lock = threading.Lock()

    def seal(self, owner_id: UUID, text: str, *, bound_to: bytes) -> SealedText:
        """Encrypt under the owner's key, which the first call makes."""
        key_id = _key_id(owner_id)
        with self._lock:
            key = self._keys.setdefault(key_id, AESGCM.generate_key(bit_length=256))
        nonce = os.urandom(12)
        return SealedText(key_id, nonce + AESGCM(key).encrypt(nonce, text.encode(), bound_to))

    def open(self, sealed: SealedText, *, bound_to: bytes) -> FreeText:
        """Decrypt; `Erased` without the key. Raises `InvalidTag` for text moved from its place."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            return Erased()
        nonce, ciphertext = sealed.sealed[:12], sealed.sealed[12:]
        return PersonalText(AESGCM(key).decrypt(nonce, ciphertext, bound_to).decode())

    def destroy(self, owner_id: UUID) -> None:
        """Erase the owner: whatever was sealed for them can never be opened again."""
        with self._lock:
            self._keys.pop(_key_id(owner_id), None)


def _key_id(owner_id: UUID) -> UUID:
    return uuid5(owner_id, "subject-key")


class InMemoryEventStore:
    """All events of all owners, as bytes, under one table lock; owners take turns each.

    `clock` says when a row is recorded: as on PostgreSQL, that is not the time of a command.
    """

    def __init__(
        self,
        stored_form: StoredForm = STORED_FORM,
        sealer: Sealer | None = None,
        turns: OwnerTurns | None = None,
        clock: Callable[[], datetime] = system_clock,
    ) -> None:
        self._clock = clock
        self._form = stored_form
        self._sealer: Sealer = sealer or InMemoryKeys()
        self._rows: list[StoredRow] = []
        self._streams: dict[UUID, list[StoredRow]] = {}
        self._commands: dict[tuple[UUID, UUID], RecordedCommand] = {}
        self._table_lock = threading.Lock()
        self._turns = turns or OwnerTurns()
        self._acknowledgements_to_lose = 0

    @contextmanager
    def transaction(
        self, owner_id: UUID, *, key: UUID | None = None
    ) -> Iterator["InMemoryTransaction"]:
        """Wait for the owner's turn. Leaving without `insert` leaves nothing behind."""
        with self._turns.turn(owner_id):
            yield InMemoryTransaction(self, owner_id)

    def owner_of(self, originator_id: UUID) -> UUID | None:
        """Whose aggregate this is, if it exists."""
        stream = self._streams.get(originator_id)
        return stream[0].owner_id if stream else None

    def rows(self, after: int = 0) -> tuple[StoredRow, ...]:
        """Every stored row after a position, in commit order."""
        with self._table_lock:
            return tuple(self._rows[after:])

    def chained(self, after: int = 0, *, until: int | None = None) -> Iterator[ChainedEvent]:
        """As `EventLog.chained`."""
        with self._table_lock:
            return iter(self._rows[after:until])

    def decode(self, row: StoredRow) -> Aggregate.Event:
        """The event in a row, its personal text opened."""
        return self._form.decode(
            row.event_type, row.originator_id, row.originator_version, row.data, self._sealer
        )

    def lose_acknowledgements(self, count: int) -> None:
        """Let the next `count` commits happen without their answer, like a broken connection."""
        self._acknowledgements_to_lose = count

    def forget_commands(self) -> None:
        """Forget every key, as the sweep does those that are old. What they did stays."""
        self._commands.clear()

    def _events(self, originator_id: UUID, owner_id: UUID) -> list[Aggregate.Event]:
        with self._table_lock:
            stream = list(self._streams.get(originator_id, ()))
        if not stream or stream[0].owner_id != owner_id:
            return []
        return [self.decode(row) for row in stream]

    def _commit(
        self,
        owner_id: UUID,
        events: Sequence[Aggregate.Event],
        unchanged: Sequence[tuple[UUID, int]],
        command: RecordedCommand,
    ) -> int:
        with self._table_lock:
            rows = self._rows_for(owner_id, events)
            for originator_id, version in unchanged:
                if not version or len(self._streams.get(originator_id, ())) != version:
                    raise ConcurrentChange(f"{originator_id} changed")
            if (owner_id, command.key) in self._commands:
                raise ConcurrentChange("the command was recorded meanwhile")
            for row in rows:
                self._rows.append(row)
                self._streams.setdefault(row.originator_id, []).append(row)
            position = len(self._rows)
            self._commands[owner_id, command.key] = replace(command, position=position)
            if self._acknowledgements_to_lose:
                self._acknowledgements_to_lose -= 1
                raise OutcomeUnknown("the answer to COMMIT was lost")
            return position

    def _rows_for(self, owner_id: UUID, events: Sequence[Aggregate.Event]) -> list[StoredRow]:
        rows: list[StoredRow] = []
        next_version: dict[UUID, int] = {}
        for event in events:
            stream = self._streams.get(event.originator_id, [])
            expected = next_version.get(event.originator_id, len(stream) + 1)
            if stream and stream[0].owner_id != owner_id:
                raise EventNotStorable("another owner's aggregate")
            if event.originator_version < expected:
                raise ConcurrentChange(f"{event.originator_id} is at {expected - 1}")
            if event.originator_version > expected:
                raise EventNotStorable("a gap in versions")
            next_version[event.originator_id] = expected + 1
            data = self._form.encode(event, owner_id, self._sealer)
            rows.append(self._chain(owner_id, event, data, rows[-1:] or self._rows[-1:]))
        return rows

    def _chain(
        self, owner_id: UUID, event: Aggregate.Event, data: bytes, last: Sequence[StoredRow]
    ) -> StoredRow:
        position, link, recorded_at = 1, GENESIS, self._clock()
        for row in last:
            position, link = row.position + 1, row.link
            # As the database does it: a clock that was put back turns no time around.
            recorded_at = max(recorded_at, row.recorded_at)
        kind = type(event).TOPIC
        content = content_of(owner_id, event.originator_id, event.originator_version, kind, data)
        class_ = event_class(kind).value
        digest = digest_of(position, recorded_at, class_, content)
        return StoredRow(
            position,
            owner_id,
            event.originator_id,
            event.originator_version,
            kind,
            data,
            recorded_at,
            class_,
            digest,
            link_of(link, digest),
        )


class InMemoryTransaction:
    """One owner's turn. Reads see what is committed; `insert` commits."""

    def __init__(self, store: InMemoryEventStore, owner_id: UUID) -> None:
        self._store = store
        self._owner_id = owner_id
        self._inserted = False

    def recorded(self, key: UUID) -> RecordedCommand | None:
        """The command this owner recorded under `key`, if any."""
        return self._store._commands.get((self._owner_id, key))

    def load(self, originator_id: UUID, owner_id: UUID) -> Aggregate | None:
        """The aggregate from all of its events, or None where it is absent or another owner's."""
        aggregate: Aggregate | None = None
        for event in self._store._events(originator_id, owner_id):
            aggregate = event.mutate(aggregate)
        return aggregate

    def load_ahead(self, wanted: Sequence[tuple[UUID, UUID]]) -> None:
        """Nothing is far away here."""

    def history(self, originator_id: UUID, owner_id: UUID) -> Sequence[Aggregate.Event]:
        """Every event of an aggregate, oldest first."""
        return self._store._events(originator_id, owner_id)

    def first_event(self, originator_id: UUID, owner_id: UUID) -> Aggregate.Event | None:
        """The first event of an aggregate, with its personal text opened."""
        events = self._store._events(originator_id, owner_id)
        return events[0] if events else None

    def position_of(self, originator_id: UUID, owner_id: UUID, version: int) -> int | None:
        """Where in the log the event of this version lies."""
        stream = self._store._streams.get(originator_id, [])
        found = (
            row.position
            for row in stream
            if (row.owner_id, row.originator_version) == (owner_id, version)
        )
        return next(found, None)

    def insert(
        self,
        events: Sequence[Aggregate.Event],
        *,
        unchanged: Sequence[tuple[UUID, int]],
        command: RecordedCommand,
    ) -> int:
        """Commit all or nothing. Raises what `StoreTransaction.insert` raises."""
        if self._inserted:
            raise RuntimeError("a transaction inserts once")
        self._inserted = True
        require_saveable(len(events))
        return self._store._commit(self._owner_id, events, unchanged, command)
