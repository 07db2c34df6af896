"""A database as the release before the chain's second version left it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from uuid import uuid5

import psycopg
from eventsourcing.persistence import StoredEvent

from adapters.event_store.chain import verify
from adapters.event_store.log import EventLog
from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import connect
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import MIGRATIONS_FOLDER, migrate
from tests.diary import ADA, GRACE
from tests.diary_store import open_diary, open_diary_store
from topics.messages.fact import Fact

CHAIN_V2 = "0010_chain_v2"
NOTES = uuid5(ADA, "notes")
LOGBOOK = uuid5(GRACE, "logbook")
_numbers = count(1)


class StoreOfBefore:
    """At first of that release; `migrate` makes it one of today."""

    def __init__(self, server: EmbeddedPostgres, name: str, folder: Path) -> None:
        self.url = server.url(name)
        self.admin_url = server.admin_url(name)
        for migration in sorted(MIGRATIONS_FOLDER.glob("*.sql")):
            if migration.stem < CHAIN_V2:
                (folder / migration.name).write_text(migration.read_text())
        migrate(self.admin_url, folder=folder)

    def migrate(self) -> None:
        """Run every migration that it lacks."""
        migrate(self.admin_url)

    def write(self, *lines: str) -> None:
        """Diaries of Ada and Grace: two events and one for each line."""
        with open_diary_store(self.url) as store:
            open_diary(store, NOTES, ADA, *lines)
            open_diary(store, LOGBOOK, GRACE)

    def write_more(self, name: str = "after") -> None:
        """Another diary of Ada's, of two events."""
        with open_diary_store(self.url) as store:
            open_diary(store, uuid5(ADA, name), ADA, "of today")

    def write_facts(self, facts: Iterable[Fact]) -> None:
        """What happened elsewhere, in the same order."""
        with connect(self.url, "writer") as connection:
            recorder = EventRecorder(lambda: nullcontext(connection))
            for fact in facts:
                told = (fact.originator_id, fact.originator_version, fact.event_type, fact.data)
                recorder.insert([StoredEvent(*told)], owner_id=fact.owner_id)

    def head(self) -> bytes:
        """The last row's link."""
        with psycopg.connect(self.admin_url) as admin:
            row = admin.execute(
                "SELECT link FROM events.stored_events ORDER BY notification_id DESC LIMIT 1"
            ).fetchone()
        assert row is not None
        return bytes(row[0])

    def tamper(self, statement: str) -> None:
        """Change what is stored, as nobody but the superuser can."""
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(statement.encode())

    def verify(self) -> int:
        """Check the chain; answers the last position."""
        with EventLog(self.url) as log:
            return verify(log.chained(), anchor=log.anchor())[0]


@contextmanager
def opened_store_of_before(server: EmbeddedPostgres, folder: Path) -> Iterator[StoreOfBefore]:
    """A new one; `folder` takes the migrations of before. It is dropped at the end."""
    name = f"of_before_the_chain_{next(_numbers)}"
    server.create_database(name)
    try:
        yield StoreOfBefore(server, name, folder)
    finally:
        server.drop_database(name)
