"""Both event stores chain what they record alike, and the rows of an older store stay as good."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from psycopg.errors import InsufficientPrivilege

from adapters.event_store.chain import (
    GENESIS,
    ChainBroken,
    ChainedEvent,
    anchor_of,
    commitment_of,
    content_of,
    digest_of,
    digest_v1_of,
    link_of,
    link_v1_of,
    verify,
)
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.log import EventLog
from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import Role, connect
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import MIGRATIONS_FOLDER
from commands.ports.event_store import EventStore
from domain.event_class import event_class
from domain.events import STORED_FORM
from domain.kernel.identity import wallet_id
from domain.wallet import Wallet
from tests.diary import ADA, DIARY_FORM, GRACE
from tests.diary_store import command, open_diary, open_diary_store
from tests.store_of_before import CHAIN_V2, StoreOfBefore, opened_store_of_before

NOTES = uuid5(ADA, "notes")
LOGBOOK = uuid5(GRACE, "logbook")
NOON = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)


@dataclass(frozen=True)
class Chained:
    """A store, and its rows as an auditor reads them."""

    store: EventStore
    rows: Callable[[], Iterable[ChainedEvent]]


@pytest.fixture(params=["in_memory", "postgres"])
def chained(request: pytest.FixtureRequest) -> Iterator[Chained]:
    if request.param == "in_memory":
        in_memory = InMemoryEventStore(DIARY_FORM)
        yield Chained(in_memory, in_memory.chained)
    else:
        url = request.getfixturevalue("database")
        with open_diary_store(url) as on_postgres, EventLog(url) as log:
            yield Chained(on_postgres, log.chained)


def test_what_is_recorded_is_chained(chained: Chained) -> None:
    open_diary(chained.store, NOTES, ADA, "ein Leuchtturm im Nebel", "")
    open_diary(chained.store, LOGBOOK, GRACE)
    rows = list(chained.rows())
    assert verify(rows) == (4, rows[-1].link)
    assert [row.owner_id for row in rows] == [ADA, ADA, ADA, GRACE]


def test_a_row_says_for_ever_that_it_is_not_the_ledgers(chained: Chained) -> None:
    open_diary(chained.store, NOTES, ADA)
    assert [row.recorded_class for row in chained.rows()] == ["other"]


def test_a_wallets_row_says_for_ever_that_it_is_the_ledgers(database: str) -> None:
    in_memory = InMemoryEventStore()
    wallet = Wallet.open(wallet_id(ADA), owner_id=ADA, at=NOON)
    with in_memory.transaction(ADA) as transaction:
        events = [event for event in wallet.collect_events() if isinstance(event, Wallet.Opened)]
        transaction.insert(events, unchanged=[], command=command(ADA, "open"))
    with connect(database, "writer") as connection, EventLog(database) as log:
        rows = list(in_memory.chained())
        stored = StoredEvent(wallet.id, 1, rows[0].event_type, rows[0].data)
        EventRecorder(lambda: nullcontext(connection)).insert([stored], owner_id=ADA)
        rows += log.chained()
    assert [row.recorded_class for row in rows] == ["ledger", "ledger"]
    assert rows[0].content == rows[1].content


def test_time_never_runs_backwards_whatever_the_clock_does() -> None:
    times = iter([NOON, NOON - timedelta(hours=1), NOON + timedelta(seconds=1)])
    store = InMemoryEventStore(DIARY_FORM, clock=lambda: next(times))
    open_diary(store, NOTES, ADA, "one", "two")
    assert [row.recorded_at for row in store.chained()] == [NOON, NOON, NOON + timedelta(seconds=1)]


def test_time_never_runs_backwards_in_the_database(database: str, admin_database: str) -> None:
    with open_diary_store(database) as store, EventLog(database) as log:
        open_diary(store, NOTES, ADA)
        with psycopg.connect(admin_database, autocommit=True) as admin:
            # As it is once a clock that was fast by a day has been put right.
            admin.execute(
                "UPDATE events.stored_events SET recorded_at = recorded_at + interval '1 day'"
            )
        open_diary(store, LOGBOOK, GRACE)
        first, second = log.chained()
        assert second.recorded_at == first.recorded_at
        open_diary(store, uuid5(ADA, "more"), ADA, *("line",) * 20)
        times = [row.recorded_at for row in log.chained()]
        assert times == sorted(times)


def test_the_layout_of_the_chain_never_changes() -> None:
    digest = digest_v1_of(UUID(int=1), 2, "wallet.reserved", b'{"v":1}')
    assert digest.hex() == "982844b85b10f5459b66f31336f85ed9c8cbc8691fc33d06db5f76b2ec2899d4"
    link = link_v1_of(GENESIS, digest)
    assert link.hex() == "c69e1945ecf27793d37bbe27f8446ec463b3f2006c5e5bcede8e3488b8e91dd0"
    content = content_of(UUID(int=3), UUID(int=1), 2, "wallet.reserved", b'{"v":1}')
    assert content.hex() == CONTENT
    digest_v2 = digest_of(7, NOON, "ledger", content)
    assert digest_v2.hex() == DIGEST
    assert link_of(GENESIS, digest_v2).hex() == LINK
    assert anchor_of(7, link, commitment_of(GENESIS, digest_v2)).link.hex() == ANCHOR


CONTENT = "b9bae876ac9840a9a2135a79329b80cdaaa86febb96e9be9b41ac2607f97192b"
DIGEST = "297a544b4d21030e3c9480cbc842080318ea4423bf02c9f0369920a4c43a533f"
LINK = "ca76b13ba9b80fbf22e43f10aca156d9105700ebb52216b8ad13c422bca95d3f"
ANCHOR = "ab914313d94b24b272d0fc9c8bc175d6252c253717b254d6f934f9648a4502a2"


def test_database_and_python_agree_on_what_is_the_ledgers(admin_database: str) -> None:
    strange = ("wallets.opened", "wallet", "price-list", "", "job.wallet.", "Wallet.opened")
    with psycopg.connect(admin_database) as admin:
        for event_type in (*STORED_FORM.event_types, *strange):
            answer = admin.execute("SELECT events.class_of(%s)", [event_type]).fetchone()
            assert answer == (event_class(event_type).value,), event_type
    ledger = {name for name in STORED_FORM.event_types if event_class(name) == "ledger"}
    assert {name.partition(".")[0] for name in ledger} == {"wallet", "price-list"}


@pytest.fixture
def store_of_before(postgres_server: EmbeddedPostgres, tmp_path: Path) -> Iterator[StoreOfBefore]:
    with opened_store_of_before(postgres_server, tmp_path) as store:
        yield store


def test_an_older_store_keeps_its_rows_and_is_chained_on(store_of_before: StoreOfBefore) -> None:
    store_of_before.write("one", "two")
    noted = store_of_before.head()
    store_of_before.migrate()
    assert store_of_before.verify() == 4
    store_of_before.write_more()
    store_of_before.write_more("and again")
    assert store_of_before.verify() == 8
    with EventLog(store_of_before.url) as log:
        rows, anchor = list(log.chained()), log.anchor()
        assert anchor is not None
        assert anchor.position == 4
        assert rows[3].link == noted
        assert [row.recorded_class for row in rows] == [None] * 4 + ["other"] * 4
        assert verify(rows[2:], position=2, link=rows[1].link, anchor=anchor)[0] == 8
        assert verify(rows[5:], position=5, link=rows[4].link, anchor=anchor)[0] == 8


def test_an_empty_older_store_has_no_anchor(store_of_before: StoreOfBefore) -> None:
    store_of_before.migrate()
    store_of_before.write_more()
    with EventLog(store_of_before.url) as log:
        assert log.anchor() is None
    assert store_of_before.verify() == 2


@pytest.mark.parametrize(
    "change",
    [
        f"owner_id = '{GRACE}'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "event_type = 'wallet.opened', "
        "digest = events.digest_of(originator_id, originator_version, 'wallet.opened', data)",
    ],
)
def test_what_the_old_digests_left_out_is_kept_by_the_anchor(
    store_of_before: StoreOfBefore, change: str
) -> None:
    store_of_before.write("one", "two")
    store_of_before.migrate()
    store_of_before.write_more()
    store_of_before.tamper(f"UPDATE events.stored_events SET {change} WHERE notification_id = 2")
    with pytest.raises(ChainBroken):
        store_of_before.verify()


@contextmanager
def waiting(url: str) -> Iterator[list[BaseException | None]]:
    """Somebody saves in the meantime. Answers what became of it, once the block has ended."""
    outcome: list[BaseException | None] = []

    def save() -> None:
        try:
            with connect(url, "writer", application="late") as connection:
                connection.execute(
                    "SELECT events.insert_events(%s, %s::uuid[], '{1}', "
                    "'{diary.opened}', '{x}'::bytea[], '{}', '{}', NULL, NULL, NULL)",
                    [GRACE, [uuid5(GRACE, "late")]],
                )
            outcome.append(None)
        except psycopg.Error as error:
            outcome.append(error)

    thread = threading.Thread(target=save)
    thread.start()
    try:
        yield outcome
    finally:
        thread.join()


def test_a_save_that_waits_for_the_migration_does_not_fork_the_chain(
    store_of_before: StoreOfBefore,
) -> None:
    store_of_before.write("one")
    sql = (MIGRATIONS_FOLDER / f"{CHAIN_V2}.sql").read_text()
    with (
        psycopg.connect(store_of_before.admin_url) as admin,
        psycopg.connect(store_of_before.admin_url, autocommit=True) as watching,
    ):
        admin.execute("LOCK TABLE events.stored_events IN ACCESS EXCLUSIVE MODE")
        with waiting(store_of_before.url) as outcome:
            look = (
                "SELECT count(*) FROM pg_locks WHERE NOT granted "
                "AND relation = 'events.stored_events'::regclass"
            )
            while watching.execute(look).fetchone() == (0,):
                assert not outcome, outcome
            admin.execute("SET LOCAL ROLE migrator")
            admin.execute(sql.encode())
            admin.commit()
    [error] = outcome
    assert isinstance(error, psycopg.errors.SerializationFailure)


@pytest.mark.parametrize("role", ["writer", "projector", "reader", "topics", "vault"])
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM events.chain_anchor",
        "UPDATE events.chain_anchor SET commitment = link",
        "INSERT INTO events.chain_anchor VALUES (9, '', '')",
    ],
)
def test_no_role_changes_the_anchor(database: str, role: Role, statement: str) -> None:
    with connect(database, role) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement.encode())
