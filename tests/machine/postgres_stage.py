"""A stage whose events and intents lie in PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg

from adapters.event_store.log import EventLog
from adapters.event_store.positions import claim_reader
from adapters.event_store.store import PostgresEventStore
from adapters.intents.postgres import PostgresIntents, open_intents
from adapters.intents.tail import ReaderIntents
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from commands.ports.event_store import (
    EventStore,
    OutcomeUnknown,
    RecordedCommand,
    StoreTransaction,
)
from commands.ports.intents import IntentState
from domain.events import STORED_FORM
from domain.kernel.aggregate import Aggregate
from tests.commands.studio_spec import StoppedClock
from tests.machine.stage import Stage

KEK = bytes(range(32))


class ForgetfulStore:
    """A store whose commits happen, and sometimes without their acknowledgement."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self.answers_to_lose = 0

    @contextmanager
    def transaction(self, owner_id: UUID, *, key: UUID | None = None) -> Iterator[StoreTransaction]:
        """See the port."""
        with self._store.transaction(owner_id, key=key) as transaction:
            yield _Forgetful(self, transaction)

    def owner_of(self, originator_id: UUID) -> UUID | None:
        """See the port."""
        return self._store.owner_of(originator_id)

    def lose_answers(self, count: int) -> None:
        """Of the next so many commits."""
        self.answers_to_lose = count


class _Forgetful:
    def __init__(self, store: ForgetfulStore, transaction: StoreTransaction) -> None:
        self._store = store
        self._transaction = transaction
        self.recorded = transaction.recorded
        self.load = transaction.load
        self.load_ahead = transaction.load_ahead
        self.first_event = transaction.first_event
        self.history = transaction.history
        self.position_of = transaction.position_of

    def insert(
        self,
        events: Sequence[Aggregate.Event],
        *,
        unchanged: Sequence[tuple[UUID, int]],
        command: RecordedCommand,
    ) -> int:
        """See the port."""
        position = self._transaction.insert(events, unchanged=unchanged, command=command)
        if self._store.answers_to_lose:
            self._store.answers_to_lose -= 1
            raise OutcomeUnknown("the answer to COMMIT was lost")
        return position


@contextmanager
def postgres_stage(url: str, admin_url: str) -> Iterator[tuple[Stage, EventLog]]:
    """A stage over a fresh database, and its log, whose rows are chained."""
    with (
        open_pool(url, "writer", size_max=2) as writers,
        open_pool(url, "vault", size_max=1) as vault,
        EventLog(url) as log,
        open_intents(url, connections_max=2) as intents,
        claim_reader(url, "reactor", wait_s=5, role="writer") as reader,
        psycopg.connect(admin_url, autocommit=True) as admin,
    ):
        assert isinstance(intents, PostgresIntents)
        keys = SubjectKeys(vault, KEK)
        store = ForgetfulStore(PostgresEventStore(writers, STORED_FORM, keys))

        def failed_intents() -> list[IntentState]:
            rows = admin.execute("SELECT intent_id FROM events.intents WHERE last_error <> ''")
            states = (intents.find(intent_id) for (intent_id,) in rows.fetchall())
            return [state for state in states if state is not None]

        stage = Stage(
            store=store,
            sealer=keys,
            log=log,
            intents=intents,
            tailed=ReaderIntents(reader),
            lose_answers=store.lose_answers,
            failed_intents=failed_intents,
            clock=StoppedClock(),
        )
        yield stage, log
