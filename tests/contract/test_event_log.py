"""How the event table is read: in order, by auditors, and by one reader a name."""

import threading
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid5

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from adapters.event_store import snapshots
from adapters.event_store.chain import ChainBroken, verify
from adapters.event_store.log import EventLog
from adapters.event_store.mapper import StoredFormMapper
from adapters.event_store.positions import ReaderBusy, ReaderLost, claim_reader
from adapters.event_store.snapshots import SNAPSHOT_INTERVAL
from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import Role, SuperuserRefused, connect, open_pool
from domain.kernel.personal_text import FreeText
from domain.kernel.stored_form import NoKeys, SealedText
from tests.diary import ADA, DIARY_FORM, GRACE, Diary
from tests.diary_store import command, load_diary, open_diary, open_diary_store

READS = StoredFormMapper(DIARY_FORM, NoKeys())
NOTES = uuid5(ADA, "notes")
LOGBOOK = uuid5(GRACE, "logbook")


@pytest.fixture
def store(database: str) -> Iterator[PostgresEventStore]:
    with open_diary_store(database) as on_postgres:
        yield on_postgres


@pytest.fixture
def log(database: str) -> Iterator[EventLog]:
    with EventLog(database) as reading:
        yield reading


def test_facts_are_read_in_order_and_in_pages(store: PostgresEventStore, log: EventLog) -> None:
    open_diary(store, NOTES, ADA, "one", "two")
    open_diary(store, LOGBOOK, GRACE)
    first, rest = log.read(0, 3), log.read(3, 3)
    assert [fact.position for fact in (*first, *rest)] == [1, 2, 3, 4]
    assert [(fact.owner_id, fact.event_type) for fact in rest] == [(GRACE, "diary.opened")]
    assert first[1].originator_id == NOTES
    assert first[1].originator_version == 2
    assert first[1].recorded_at.utcoffset() is not None
    assert log.position() == 4


def test_one_owners_facts_are_read_in_order_and_in_pages(
    store: PostgresEventStore, log: EventLog
) -> None:
    open_diary(store, NOTES, ADA, "one")
    open_diary(store, LOGBOOK, GRACE, "two")
    open_diary(store, uuid5(ADA, "more notes"), ADA)
    assert [fact.position for fact in log.read_of(ADA, 0, 2)] == [1, 2]
    assert [fact.position for fact in log.read_of(ADA, 2, 2)] == [5]
    assert log.read_of(GRACE, 0, 10) == log.read(2, 2)
    assert log.read_of(uuid5(ADA, "nobody"), 0, 10) == []


def test_a_stream_shows_every_fact_up_to_a_position(
    store: PostgresEventStore, log: EventLog
) -> None:
    open_diary(store, NOTES, ADA, "one", "two")
    assert [fact.position for fact in log.stream(1)] == [2, 3]
    assert [fact.position for fact in log.stream(until=2)] == [1, 2]
    assert list(log.stream()) == log.read(0, 10)


def test_a_waiting_reader_is_woken_by_a_save(store: PostgresEventStore, log: EventLog) -> None:
    assert log.wait(0, timeout_s=0.01) == 0
    seen: list[int] = []
    waiting = threading.Thread(target=lambda: seen.append(log.wait(0, timeout_s=10)))
    waiting.start()
    open_diary(store, NOTES, ADA)
    waiting.join(timeout=5)
    assert seen == [1]


def test_stored_bytes_hold_no_text_in_clear(store: PostgresEventStore, log: EventLog) -> None:
    open_diary(store, NOTES, ADA, "a lighthouse in fog")
    assert not any(b"lighthouse" in fact.data or b"engine" in fact.data for fact in log.stream())


def test_a_check_can_go_on_from_an_earlier_one(store: PostgresEventStore, log: EventLog) -> None:
    open_diary(store, NOTES, ADA, "one", "two")
    position, link = verify(log.chained(until=2))
    assert verify(log.chained(2), position=position, link=link)[0] == 3


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        ("UPDATE events.stored_events SET data = '{}' WHERE notification_id = 2", 2),
        ("UPDATE events.stored_events SET event_type = 'diary.burnt' WHERE notification_id = 3", 3),
        (
            "UPDATE events.stored_events SET originator_version = 9, "
            "digest = events.digest_v2_of(notification_id, recorded_at, class, "
            "events.content_of(owner_id, originator_id, 9, event_type, data)) "
            "WHERE notification_id = 2",
            2,
        ),
        (f"UPDATE events.stored_events SET owner_id = '{GRACE}' WHERE notification_id = 2", 2),
        (
            "UPDATE events.stored_events SET recorded_at = recorded_at - interval '1 day' "
            "WHERE notification_id = 1",
            1,
        ),
        ("UPDATE events.stored_events SET class = 'ledger' WHERE notification_id = 3", 3),
        ("UPDATE events.stored_events SET class = NULL WHERE notification_id = 3", 3),
        ("DELETE FROM events.stored_events WHERE notification_id = 2", 2),
        (
            "UPDATE events.stored_events SET notification_id = 5 - notification_id + 100; "
            "UPDATE events.stored_events SET notification_id = notification_id - 100",
            1,
        ),
    ],
)
def test_tampering_is_found_at_its_row(
    store: PostgresEventStore, log: EventLog, admin_database: str, tampering: str, found_at: int
) -> None:
    open_diary(store, NOTES, ADA, "one", "two")
    open_diary(store, LOGBOOK, GRACE)
    assert verify(log.chained())[0] == 4
    with psycopg.connect(admin_database, autocommit=True) as admin:
        admin.execute(tampering.encode())
    with closing(log.chained()) as rows, pytest.raises(ChainBroken) as broken:
        verify(rows)
    assert broken.value.position == found_at


@pytest.mark.parametrize("role", ["writer", "projector", "reader", "topics", "vault"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO events.stored_events SELECT * FROM events.stored_events",
        "UPDATE events.stored_events SET data = ''",
        "DELETE FROM events.stored_events",
        "TRUNCATE events.stored_events",
        "DELETE FROM events.commands",
        "UPDATE events.commands SET result = ''",
    ],
)
def test_no_role_changes_what_is_recorded(database: str, role: Role, statement: str) -> None:
    with connect(database, role) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ["reader", "topics", "vault"])
def test_events_are_read_by_writer_and_projector_only(database: str, role: Role) -> None:
    with connect(database, role) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("SELECT data FROM events.stored_events")


def test_a_role_cannot_be_shed(database: str) -> None:
    with connect(database, "reader") as connection:
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT current_user").fetchone() == ("reader",)
        with pytest.raises(InsufficientPrivilege):
            connection.execute("SET ROLE migrator")


def test_no_process_connects_as_superuser(admin_database: str) -> None:
    with pytest.raises(SuperuserRefused):
        connect(admin_database, "writer")


def test_a_long_diary_loads_from_its_snapshot(
    database: str, store: PostgresEventStore, admin_database: str
) -> None:
    open_diary(store, NOTES, ADA)
    for page in range(3):
        with store.transaction(ADA) as transaction:
            diary = transaction.load(NOTES, ADA)
            assert isinstance(diary, Diary)
            for _ in range(SNAPSHOT_INTERVAL // 2):
                diary.write("four")
            asked = command(ADA, f"page {page}")
            transaction.insert(diary.unsaved, unchanged=[], command=asked)
    with psycopg.connect(admin_database, autocommit=True) as admin:
        kept = admin.execute("SELECT originator_version FROM events.snapshots").fetchall()
        assert kept == [(101,)]
        # Were they replayed from the first event on, these bytes would be met.
        admin.execute("UPDATE events.stored_events SET data = '' WHERE originator_version <= 101")
    diary = load_diary(store, NOTES, ADA)
    assert (diary.version, diary.lines, diary.characters) == (151, 150, 600)
    with connect(database, "writer") as connection:
        assert snapshots.load(connection, READS, [(NOTES, GRACE)]) == {}


class KeysAreAway(NoKeys):
    """A vault that does not answer."""

    def open(self, sealed: SealedText, *, bound_to: bytes) -> FreeText:
        raise ConnectionError("nobody is to be asked")


def test_an_aggregate_is_loaded_without_opening_a_text(
    database: str, store: PostgresEventStore
) -> None:
    open_diary(store, NOTES, ADA, "a lighthouse in fog")
    with open_pool(database, "writer", size_max=1) as pool:
        apart = PostgresEventStore(pool, DIARY_FORM, KeysAreAway())
        assert load_diary(apart, NOTES, ADA).characters == 19
        with pytest.raises(ConnectionError), apart.transaction(ADA) as transaction:
            transaction.first_event(NOTES, ADA)


def test_a_snapshot_of_another_shape_is_passed_over(
    store: PostgresEventStore, admin_database: str
) -> None:
    open_diary(store, NOTES, ADA, "one line")
    with psycopg.connect(admin_database, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO events.snapshots VALUES (%s, 2, %s, 'diary', 'an older shape', '{}')",
            [NOTES, ADA],
        )
    assert load_diary(store, NOTES, ADA).lines == 1


def test_a_reader_remembers_its_position_and_never_goes_back(database: str) -> None:
    with claim_reader(database, "relay", wait_s=1) as reader:
        assert reader.load() == 0
        reader.save(7)
        reader.save(5)
    with claim_reader(database, "relay", wait_s=1) as reader:
        assert reader.load() == 7
    with claim_reader(database, "reactor", wait_s=1) as reader:
        assert reader.load() == 0


def test_one_name_has_one_active_reader(database: str) -> None:
    with claim_reader(database, "relay", wait_s=1):
        with pytest.raises(ReaderBusy), claim_reader(database, "relay", wait_s=0.05):
            pass
        with claim_reader(database, "reactor", wait_s=0.05) as other:
            assert other.load() == 0


def test_a_reader_that_lost_its_name_cannot_save(database: str, admin_database: str) -> None:
    with claim_reader(database, "relay", wait_s=1) as deposed:
        deposed.save(3)
        with psycopg.connect(admin_database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name = 'reader relay:projector' "
                "AND datname = current_database()"
            )
        with claim_reader(database, "relay", wait_s=5) as successor:
            successor.save(4)
            with pytest.raises(ReaderLost):
                deposed.save(9)
            assert successor.load() == 4
