"""The event store that commands use: one transaction for one owner on one connection."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import cast
from uuid import UUID

import psycopg
from psycopg import Connection, Cursor
from psycopg.errors import (
    AdminShutdown,
    CheckViolation,
    CrashShutdown,
    DeadlockDetected,
    LockNotAvailable,
    SerializationFailure,
    UniqueViolation,
)
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.event_store import snapshots
from adapters.event_store.mapper import StoredFormMapper
from adapters.event_store.owner_turns import RETRY_AFTER_S, OwnerTurns
from adapters.event_store.recorder import EventRecorder
from adapters.event_store.snapshots import SNAPSHOT_INTERVAL, KeepsSnapshots
from adapters.postgres.advisory import advisory_key
from commands.ports.event_store import (
    OWNER_WAIT_MAX_S,
    ConcurrentChange,
    OutcomeUnknown,
    OwnerBusy,
    RecordedCommand,
    StoreTransaction,
    require_saveable,
)
from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import EventNotStorable, NoKeys, Sealer, StoredForm

OWNER_LOCK_TIMEOUT_MS = int(OWNER_WAIT_MAX_S * 1_000)
"""Another process holds the lock. Much shorter than anybody waits for a connection of the pool, so
that an owner who is at work elsewhere never costs another owner more than this."""


_RECORDED = "SELECT key, args_hmac, result, position FROM events.commands"


class PostgresEventStore:
    """All events of all owners. `pool` holds connections of the role `writer`.

    A command holds one connection from its first read to its commit, so the pool's size is the
    number of commands that run at once. One owner's commands hold at most one of them: the others
    wait in `turns`. Safe to share between threads.
    """

    def __init__(
        self,
        pool: ConnectionPool[Connection[TupleRow]],
        form: StoredForm,
        sealer: Sealer,
        turns: OwnerTurns | None = None,
    ) -> None:
        self._pool = pool
        self._form = form
        self._sealer = sealer
        self._loading = StoredFormMapper(form, NoKeys())
        self._turns = turns or OwnerTurns()

    def transaction(
        self, owner_id: UUID, *, key: UUID | None = None
    ) -> AbstractContextManager[StoreTransaction]:
        """Begin, take the owner's lock, and look up `key`: one round trip.

        Leaving without `insert` rolls back.

        Raises `OutcomeUnknown` wherever the connection is lost, since the caller does best to begin
        again, `OwnerBusy` where the owner's other commands take too long, here or in another
        process, and `psycopg_pool.PoolTimeout` where no connection becomes free.
        """
        return self._transaction(owner_id, key)

    def owner_of(self, originator_id: UUID) -> UUID | None:
        """Whose aggregate this is. For processes that act on reports, never for viewers."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "SELECT owner_id FROM events.stored_events "
                "WHERE originator_id = %s AND originator_version = 1",
                [originator_id],
            ).fetchone()
        return None if row is None else cast(UUID, row[0])

    @contextmanager
    def _transaction(self, owner_id: UUID, key: UUID | None) -> Iterator[StoreTransaction]:
        with self._turns.turn(owner_id), self._pool.connection() as connection:
            try:
                recorded = _begin(connection, owner_id, key)
                mapper = StoredFormMapper(self._form, self._sealer, owner_id)
                yield _Transaction(connection, owner_id, mapper, self._loading, (key, recorded))
            except psycopg.OperationalError as error:
                if connection.closed or isinstance(error, AdminShutdown | CrashShutdown):
                    raise OutcomeUnknown() from error
                raise
            finally:
                _roll_back(connection)


def owner_lock(owner_id: UUID) -> int:
    """The advisory lock that orders one owner's commands."""
    return advisory_key("owner", owner_id.bytes)


def _begin(
    connection: Connection[TupleRow], owner_id: UUID, key: UUID | None
) -> RecordedCommand | None:
    # One round trip. Later statements see what whoever held the lock before us committed, and wait
    # for the table lock as long as every session does.
    statements = [
        "BEGIN",
        f"SET LOCAL lock_timeout = {OWNER_LOCK_TIMEOUT_MS}",
        f"SELECT pg_advisory_xact_lock({owner_lock(owner_id)})",
        "SET LOCAL lock_timeout TO DEFAULT",
        # A load names few aggregates, so that the server would plan it anew each time: twice as
        # much work as the load itself.
        "SET LOCAL plan_cache_mode = force_generic_plan",
    ]
    if key is not None:
        statements.append(f"{_RECORDED} WHERE owner_id = '{owner_id.hex}' AND key = '{key.hex}'")
    try:
        cursor = connection.execute("; ".join(statements).encode())
    except LockNotAvailable as error:
        raise OwnerBusy(RETRY_AFTER_S) from error
    while cursor.nextset():
        pass
    return None if key is None else _recorded(cursor)


def _recorded(cursor: Cursor[TupleRow]) -> RecordedCommand | None:
    row = cursor.fetchone()
    return None if row is None else RecordedCommand(*row)


def _roll_back(connection: Connection[TupleRow]) -> None:
    status = connection.info.transaction_status
    if not connection.closed and status != TransactionStatus.IDLE:
        # A connection that breaks here has rolled back, too: the pool throws it away.
        with suppress(psycopg.OperationalError):
            connection.rollback()


class _Transaction:
    """What `StoreTransaction` promises, on a connection that has begun and holds the lock."""

    def __init__(
        self,
        connection: Connection[TupleRow],
        owner_id: UUID,
        mapper: StoredFormMapper,
        loading: StoredFormMapper,
        looked_up: tuple[UUID | None, RecordedCommand | None],
    ) -> None:
        self._connection = connection
        self._owner_id = owner_id
        self._mapper = mapper
        # No aggregate keeps a text, so none is opened to load one: no key is asked for.
        self._loading = loading
        self._looked_up = looked_up
        self._recorder = EventRecorder(lambda: nullcontext(connection))
        self._loaded: list[tuple[Aggregate, int]] = []
        self._ahead: dict[tuple[UUID, UUID], tuple[Aggregate, int] | None] = {}
        self._is_over = False

    def recorded(self, key: UUID) -> RecordedCommand | None:
        """The command this owner recorded under `key`, if any."""
        if key == self._looked_up[0]:
            return self._looked_up[1]
        return _recorded(
            self._connection.execute(
                f"{_RECORDED} WHERE owner_id = %s AND key = %s".encode(),
                [self._owner_id, key],
                prepare=True,
            )
        )

    def load(self, originator_id: UUID, owner_id: UUID) -> Aggregate | None:
        """The aggregate, from its last snapshot and the events after it, or None."""
        wanted = originator_id, owner_id
        if wanted not in self._ahead:
            self.load_ahead([wanted])
        # Whoever loads it again wants it without what was decided on this one.
        found = self._ahead.pop(wanted)
        if found is None:
            return None
        self._loaded.append(found)
        return found[0]

    def load_ahead(self, wanted: Sequence[tuple[UUID, UUID]]) -> None:
        """Read these (id, owner) at once: `load` of each then asks nothing."""
        found = snapshots.load(self._connection, self._loading, wanted)
        self._ahead.update((one, found.get(one)) for one in wanted)

    def first_event(self, originator_id: UUID, owner_id: UUID) -> Aggregate.Event | None:
        """The first event of an aggregate, with its personal text opened, or None."""
        rows = self._recorder.select(originator_id, owner_id=owner_id, limit=1)
        return self._mapper.to_domain_event(rows[0]) if rows else None

    def history(self, originator_id: UUID, owner_id: UUID) -> Sequence[Aggregate.Event]:
        """Every event of an aggregate, oldest first. Empty where `load` answers None."""
        rows = self._recorder.select(originator_id, owner_id=owner_id)
        return [self._mapper.to_domain_event(row) for row in rows]

    def position_of(self, originator_id: UUID, owner_id: UUID, version: int) -> int | None:
        """Where in the log the event of this version lies, or None."""
        row = self._connection.execute(
            "SELECT notification_id FROM events.stored_events "
            "WHERE originator_id = %s AND owner_id = %s AND originator_version = %s",
            [originator_id, owner_id, version],
        ).fetchone()
        return None if row is None else int(row[0])

    def insert(
        self,
        events: Sequence[Aggregate.Event],
        *,
        unchanged: Sequence[tuple[UUID, int]],
        command: RecordedCommand,
    ) -> int:
        """Insert events and command row, check, chain, notify and commit; then snapshot."""
        if self._is_over:
            raise RuntimeError("a transaction inserts once")
        self._is_over = True
        require_saveable(len(events))
        stored = [self._mapper.to_stored_event(event) for event in events]
        try:
            position = self._recorder.insert(
                stored, owner_id=self._owner_id, unchanged=unchanged, command=command
            )
        except (UniqueViolation, SerializationFailure, DeadlockDetected) as error:
            raise ConcurrentChange() from error
        except CheckViolation as error:
            raise EventNotStorable("a gap in versions, or another owner's aggregate") from error
        self._keep_snapshots({event.originator_id for event in events})
        return position

    def _keep_snapshots(self, changed: set[UUID]) -> None:
        try:
            for aggregate, snapshot_version in self._loaded:
                if (
                    aggregate.id in changed
                    and aggregate.version - snapshot_version >= SNAPSHOT_INTERVAL
                    and isinstance(aggregate, KeepsSnapshots)
                ):
                    snapshots.write(self._connection, aggregate, self._owner_id)
        except psycopg.Error:
            # The save stands. Whoever saves this aggregate next tries again.
            return
