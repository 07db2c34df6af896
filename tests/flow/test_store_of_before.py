"""A store that commit 21ddf35 wrote is opened by this release, and its owners lose nothing.

It was written by that commit's own processes: Ada withdrew, consented and trained again; Grace had
a second set of photos accepted, purged a picture, and left one set uploaded and one job waiting;
Bob began to be verified. Topics are left out: what was on its way is said again.
"""

import gzip
import io
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import migrate
from commands.twin.withdraw_consent import WithdrawConsent
from domain.covered_places import covered_places
from domain.events import STORED_FORM
from domain.job_state import JobState
from domain.twin import Twin
from processes.audit.export import export
from processes.audit.verify import verify
from processes.reactor.first_uploads import FirstUploads
from projections.rebuild import Rebuild
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.test_withdrawal import nothing_of
from topics.embedded import EmbeddedTransport

GOLDEN = Path(__file__).parent / "golden"
NAME = "store-of-21ddf35"
STOPPED_AT = datetime(2026, 11, 27, 2, 17, 15, tzinfo=UTC)
"""What waited then has not waited any longer: a job is given up after a day."""

_numbers = count(1)


class Store(msgspec.Struct):
    """What the older release showed when it was stopped. Wallets: available, reserved, spent."""

    ada: UUID
    adas_twin: UUID
    grace: UUID
    graces_twin: UUID
    bob: UUID
    waiting: UUID
    running: UUID
    shown: dict[UUID, list[UUID]]
    wallets: dict[UUID, tuple[int, int, int]]
    objects: dict[str, str]


@pytest.fixture
def store() -> Store:
    return msgspec.json.decode((GOLDEN / f"{NAME}.json").read_bytes(), type=Store)


@pytest.fixture
def database(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """The name of a database with that store in it, migrated."""
    name = f"before_{next(_numbers)}"
    postgres_server.create_database(name)
    with psycopg.connect(postgres_server.admin_url(name), autocommit=True) as admin:
        admin.execute(gzip.decompress((GOLDEN / f"{NAME}.sql.gz").read_bytes()))
    migrate(postgres_server.admin_url(name))
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def found(
    postgres_server: EmbeddedPostgres, database: str, store: Store, tmp_path: Path
) -> Iterator[LivingStudio]:
    """This release over that store, in which no process runs yet."""
    url, admin_url = postgres_server.url(database), postgres_server.admin_url(database)
    with EmbeddedTransport(url, lease_s=5.0) as transport, ExitStack() as stack:
        began_s = time.monotonic()
        studio = LivingStudio(
            url,
            admin_url,
            transport,
            tmp_path,
            stack,
            clock=lambda: STOPPED_AT + timedelta(seconds=time.monotonic() - began_s),
        )
        for key, data in store.objects.items():
            studio.objects.put(key, data.encode("latin-1"), media_type="image/png")
        yield studio


@pytest.fixture
def opened(found: LivingStudio) -> LivingStudio:
    """The same, and every process runs."""
    found.start()
    return found


def shown(studio: LivingStudio, owner: UUID) -> list[UUID]:
    """The pictures that an owner sees."""
    return [asset.asset_id for asset in studio.gallery_of(owner)]


def lie_there(studio: LivingStudio, twin: UUID, owner: UUID) -> bool:
    """Whether everything that a twin's consent covers is in the object store."""
    keys = list(studio.objects.keys(""))
    places = covered_places(studio.twin(twin, owner))
    uploads = [place for place in places if place.startswith("uploads/")]
    return all(any(key.startswith(place) for key in keys) for place in places - set(uploads))


def given_up(studio: LivingStudio) -> tuple[str, ...]:
    """Places that gave way to newer ones, and are deleted an hour later."""
    return tuple(
        place
        for _, event in studio.oracle.history()
        if isinstance(event, Twin.PlacesGaveWay)
        for place in event.places
    )


def test_read_models_and_the_ledger_are_in_order(found: LivingStudio) -> None:
    rebuild = Rebuild(
        lambda: psycopg.connect(found.admin_url, autocommit=True), STORED_FORM, found.keys
    )
    assert rebuild.compare(found.events.stream) == ()
    ledger = io.BytesIO()
    export(found.events.chained(), ledger, anchor=found.events.anchor())
    ledger.seek(0)
    assert verify(ledger).findings == ()


def test_what_was_shown_is_shown_and_what_was_paid_is_there(
    opened: LivingStudio, store: Store
) -> None:
    waiting = opened.comes_to(store.waiting, store.grace, JobState.COMPLETED)
    assert waiting.charge_millicredits > 0
    for owner, before in store.shown.items():
        until(lambda o=owner, b=before: set(b) <= set(shown(opened, o)), "they are shown")  # type: ignore[misc]
    assert opened.wallet(store.ada) == store.wallets[store.ada]
    assert lie_there(opened, store.adas_twin, store.ada)
    assert lie_there(opened, store.graces_twin, store.grace)


def test_a_twin_of_before_is_drawn_and_withdrawn(opened: LivingStudio, store: Store) -> None:
    opened.comes_to(opened.draw(store.adas_twin, store.ada), store.ada, JobState.COMPLETED)
    opened.does(WithdrawConsent(store.adas_twin), store.ada)
    opened.does(WithdrawConsent(store.graces_twin), store.grace)
    FirstUploads(opened.objects, opened.studio).forget(opened.clock(), limit=100)
    until(lambda: nothing_of(opened, store.adas_twin, store.ada), "Ada's photos are deleted")
    until(lambda: nothing_of(opened, store.graces_twin, store.grace), "Grace's photos are deleted")


def test_a_twin_of_before_is_trained_again_and_what_gives_way_is_named(
    opened: LivingStudio, store: Store
) -> None:
    before = {key for key in store.objects if str(store.graces_twin) in key}
    opened.comes_to(opened.train(store.graces_twin, store.grace), store.grace, JobState.COMPLETED)
    named = given_up(opened)
    accepted = opened.twin(store.graces_twin, store.grace).accepted
    assert accepted is not None
    gone = {key for key in before if key.startswith(named)}
    kept = {key for key in before if str(accepted.submission_id) in key}
    assert {key.split("/")[0] for key in gone} == {"photos", "templates", "adapters"}
    assert {key.split("/")[0] for key in kept} == {"photos", "templates"}
    assert not gone & kept
