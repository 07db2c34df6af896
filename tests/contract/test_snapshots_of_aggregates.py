"""A wallet, a twin or photos from a snapshot are those that their events make."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid5

import psycopg
import pytest

from adapters.event_store import snapshots
from adapters.event_store.mapper import StoredFormMapper
from adapters.event_store.snapshots import SNAPSHOT_INTERVAL
from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import connect, open_pool
from adapters.vault.subject_keys import SubjectKeys
from domain.consent_text import BIOMETRIC_RELEASE
from domain.events import STORED_FORM
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import wallet_id
from domain.kernel.personal_text import PersonalText
from domain.kernel.stored_form import NoKeys
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from domain.wallet import Wallet
from tests.diary import ADA, MORNING
from tests.diary_store import KEK, command
from tests.domain.photos_to_begin_with import LANTERN, accepted_photo

WALLET = wallet_id(ADA)
TWIN = uuid5(ADA, "twin")
READS = StoredFormMapper(STORED_FORM, NoKeys())
NEXT_YEAR = MORNING + timedelta(days=365)


@pytest.fixture
def store(database: str) -> Iterator[PostgresEventStore]:
    with (
        open_pool(database, "writer", size_max=2) as writers,
        open_pool(database, "vault", size_max=1) as vault,
    ):
        yield PostgresEventStore(writers, STORED_FORM, SubjectKeys(vault, KEK))


def save(store: PostgresEventStore, aggregate: Aggregate, name: str) -> None:
    with store.transaction(ADA) as transaction:
        events = [event for event in aggregate.pending_events if isinstance(event, Aggregate.Event)]
        transaction.insert(events, unchanged=[], command=command(ADA, name))


def test_a_wallet_of_ninety_jobs_loads_from_its_snapshot(
    store: PostgresEventStore, admin_database: str
) -> None:
    wallet = Wallet.open(WALLET, owner_id=ADA, at=MORNING)
    wallet.grant_promotion(uuid5(ADA, "welcome"), 100_000, NEXT_YEAR, at=MORNING)
    save(store, wallet, "open")
    for job in range(90):
        with store.transaction(ADA) as transaction:
            loaded = transaction.load(WALLET, ADA)
            assert isinstance(loaded, Wallet)
            loaded.reserve(uuid5(ADA, f"job {job}"), 1_000, at=MORNING)
            if job % 3:
                loaded.settle(uuid5(ADA, f"job {job}"), 600, at=MORNING)
            events = [e for e in loaded.pending_events if isinstance(e, Aggregate.Event)]
            transaction.insert(events, unchanged=[], command=command(ADA, f"job {job}"))
    with psycopg.connect(admin_database, autocommit=True) as admin:
        kept = admin.execute("SELECT count(*) FROM events.snapshots").fetchone()
        from_snapshot = load_wallet(store)
        admin.execute("TRUNCATE events.snapshots")
        from_events = load_wallet(store)
    assert kept == (2,)
    assert from_snapshot.version == from_events.version == 2 + 30 + 60 * 3
    assert from_snapshot.snapshot_state() == from_events.snapshot_state()
    assert (from_events.reserved, from_events.spent) == (30_000, 36_000)


def test_a_twin_is_the_same_from_snapshot_and_from_events(
    database: str, store: PostgresEventStore
) -> None:
    twin = Twin.create(TWIN, owner_id=ADA, name=PersonalText("Ada in ink"), at=MORNING)
    twin.sign_biometric_release(BIOMETRIC_RELEASE.sha256, "en", at=MORNING)
    save(store, twin, "create")
    with connect(database, "writer") as connection:
        snapshots.write(connection, twin, ADA)
        loaded = snapshots.load(connection, READS, [(TWIN, ADA)])
        kept = connection.execute("SELECT state FROM events.snapshots").fetchone()
    again, of_snapshot = loaded[TWIN, ADA]
    assert isinstance(again, Twin)
    assert (again.id, again.version, of_snapshot) == (TWIN, 2, 2)
    assert again.snapshot_state() == twin.snapshot_state()
    assert kept is not None
    assert b"ink" not in kept[0]


def test_photos_that_much_began_with_load_from_their_snapshot(
    store: PostgresEventStore, admin_database: str
) -> None:
    """Every job that begins with one is an event of theirs, and loads all of them."""
    photos = accepted_photo()
    for job in range(SNAPSHOT_INTERVAL):
        photos.lend(LANTERN, uuid5(ADA, f"job {job}"), at=MORNING)
    save(store, photos, "begin")
    with store.transaction(ADA) as transaction:
        loaded = transaction.load(photos.id, ADA)
        assert isinstance(loaded, SourcePhotos)
        loaded.lend(LANTERN, uuid5(ADA, "another job"), at=NEXT_YEAR)
        events = [e for e in loaded.pending_events if isinstance(e, Aggregate.Event)]
        transaction.insert(events, unchanged=[], command=command(ADA, "another job"))
    with psycopg.connect(admin_database, autocommit=True) as admin:
        kept = admin.execute("SELECT originator_version FROM events.snapshots").fetchone()
        from_snapshot = load_photos(store, photos.id)
        admin.execute("TRUNCATE events.snapshots")
        from_events = load_photos(store, photos.id)
    assert kept == (4 + SNAPSHOT_INTERVAL + 1,)
    assert from_snapshot.version == from_events.version
    assert from_snapshot.snapshot_state() == from_events.snapshot_state()


def load_photos(store: PostgresEventStore, id: UUID) -> SourcePhotos:
    with store.transaction(ADA) as transaction:
        photos = transaction.load(id, ADA)
    assert isinstance(photos, SourcePhotos)
    return photos


def load_wallet(store: PostgresEventStore) -> Wallet:
    with store.transaction(ADA) as transaction:
        wallet = transaction.load(WALLET, ADA)
    assert isinstance(wallet, Wallet)
    return wallet
