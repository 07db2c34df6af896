"""An event store on PostgreSQL that holds diaries, and commands for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid5

from adapters.event_store.owner_turns import OwnerTurns
from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from commands.ports.event_store import EventStore, RecordedCommand
from tests.diary import DIARY_FORM, Diary

KEK = bytes(range(32))


@contextmanager
def open_diary_store(
    url: str, *, connections_max: int = 4, turns: OwnerTurns | None = None
) -> Iterator[PostgresEventStore]:
    """A store whose text is sealed with the vault of the same database."""
    with (
        open_pool(url, "writer", size_max=connections_max) as writers,
        open_pool(url, "vault", size_max=2) as vault,
    ):
        yield PostgresEventStore(writers, DIARY_FORM, SubjectKeys(vault, KEK), turns)


def command(owner_id: UUID, name: str) -> RecordedCommand:
    """A recorded command whose key is derived from a name."""
    return RecordedCommand(uuid5(owner_id, name), b"digest of " + name.encode(), b'"done"')


def open_diary(store: EventStore, diary_id: UUID, owner_id: UUID, *lines: str) -> int:
    """Save a new diary with some lines. Answers its position."""
    diary = Diary.open(diary_id, "Notes on the engine")
    for line in lines:
        diary.write(line)
    with store.transaction(owner_id) as transaction:
        return transaction.insert(
            diary.unsaved, unchanged=[], command=command(owner_id, f"open {diary_id}")
        )


def load_diary(store: EventStore, diary_id: UUID, owner_id: UUID) -> Diary:
    """The diary as it is stored."""
    with store.transaction(owner_id) as transaction:
        diary = transaction.load(diary_id, owner_id)
    assert isinstance(diary, Diary)
    return diary
