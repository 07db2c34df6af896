"""A withdrawal hides all pictures of its consent at once, and what was kept stays in sight."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid5

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import MIGRATIONS_FOLDER, migrate
from domain.consent_text import CONSENT, ConsentScope
from domain.events import STORED_FORM
from domain.kernel.role import Role
from domain.person import VerificationDecision, VerificationOutcome
from domain.twin import Twin
from domain.twin_consent import OFFERED_ANYWHERE
from projections.projector import Projector
from projections.rebuild import Rebuild
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import gallery
from queries.viewer import view_on
from tests.projections.studio_history import ADA, StudioHistory, a_whole_journey

PICTURES = 100_000 if os.environ.get("FAULTS") == "full" else 2_000


class Gallery:
    """A history, and the gallery that a projector makes of it."""

    def __init__(self, url: str, admin_url: str) -> None:
        self.history = a_whole_journey()
        self.admin_url = admin_url
        self.projector = Projector(
            lambda: psycopg.connect(url, autocommit=True), STORED_FORM, self.history.keys
        )
        self.seen = 0

    @property
    def twin(self) -> Twin:
        [created] = [fact for fact in self.history.facts if fact.event_type == "twin.created"]
        return self.history.twin(created.originator_id)

    def projected(self) -> None:
        self.projector.apply(self.history.facts[self.seen :])
        self.seen = len(self.history.facts)

    def withdraws(self) -> None:
        twin = self.twin
        twin.withdraw_consent(at=self.history.now)
        self.history.save(ADA, twin)

    def consents(self) -> None:
        twin = self.twin
        twin.grant_consent(
            self.history.person(ADA), CONSENT.sha256, OFFERED_ANYWHERE, at=self.history.now
        )
        self.history.save(ADA, twin)

    def takes_back(self, *scope: ConsentScope) -> None:
        twin = self.twin
        twin.take_back_consent_scopes(scope, at=self.history.now)
        self.history.save(ADA, twin)

    def ticks(self, *scope: ConsentScope) -> None:
        twin = self.twin
        twin.add_consent_scopes(
            self.history.person(ADA), CONSENT.sha256, scope, at=self.history.now
        )
        self.history.save(ADA, twin)

    def keeps(self, asset_id: Any) -> None:
        asset = self.history.asset(asset_id)
        asset.keep(self.twin.consent_in_force, at=self.history.now)
        self.history.save(ADA, asset)

    def is_found_under_age(self) -> None:
        person = self.history.person(ADA)
        check = uuid5(ADA, "a later check")
        person.start_verification(check, "sandbox", at=self.history.now)
        minor = VerificationDecision(
            VerificationOutcome.APPROVED, adult=False, country=None, valid_until=None
        )
        person.record_decision(check, minor, at=self.history.now)
        self.history.save(ADA, person)

    def likes(self, asset_id: Any) -> None:
        asset = self.history.asset(asset_id)
        if asset.favourite:
            asset.unset_favourite(at=self.history.now)
        else:
            asset.set_favourite(at=self.history.now)
        self.history.save(ADA, asset)

    def last_said(self, asset_id: Any) -> Any:
        """The state in the newest delta of the feed."""
        with psycopg.connect(self.admin_url) as connection:
            found = connection.execute(
                "SELECT payload ->> 'state' FROM views.feed WHERE subject_id = %s "
                "ORDER BY position DESC, ordinal DESC LIMIT 1",
                [asset_id],
            ).fetchone()
        assert found is not None
        return found[0]

    def shown_of(self, kind: str) -> list[Any]:
        """What is in sight of one kind."""
        return self._asked(GalleryFilter(kinds=(kind,)))

    def shown(self, *states: str) -> list[Any]:
        """Ids in the gallery, pictures and samples, in the states that are asked for."""
        return self._asked(GalleryFilter(kinds=("image", "sample"), states=states or ("released",)))

    def _asked(self, only: GalleryFilter) -> list[Any]:
        with (
            psycopg.connect(self.admin_url, autocommit=True) as connection,
            view_on(connection, ADA, Role.CREATOR) as view,
        ):
            return [asset.asset_id for asset in gallery(view, first=100, only=only).items]

    def differs_from_a_rebuild(self) -> tuple[Any, ...]:
        rebuild = Rebuild(
            lambda: psycopg.connect(self.admin_url, autocommit=True),
            STORED_FORM,
            self.history.keys,
        )
        return rebuild.compare(self.history.after)


@pytest.fixture
def of_ada(database: str, admin_database: str) -> Gallery:
    found = Gallery(database, admin_database)
    found.projected()
    return found


def test_a_withdrawal_hides_every_picture_of_its_consent(of_ada: Gallery) -> None:
    before = of_ada.shown()
    assert before
    of_ada.withdraws()
    of_ada.projected()
    assert of_ada.shown() == []
    assert of_ada.shown("hidden") == before
    assert of_ada.differs_from_a_rebuild() == ()


def test_what_the_owner_keeps_is_seen_again_and_stays_when_they_withdraw_again(
    of_ada: Gallery,
) -> None:
    kept, *others = of_ada.shown()
    of_ada.withdraws()
    of_ada.keeps(kept)
    of_ada.projected()
    assert of_ada.shown() == [kept]
    of_ada.consents()
    of_ada.withdraws()
    of_ada.projected()
    assert of_ada.shown() == [kept]
    assert of_ada.shown("hidden") == others
    assert of_ada.differs_from_a_rebuild() == ()


def test_whoever_is_found_under_age_sees_none_of_their_pictures_kept_ones_included(
    of_ada: Gallery,
) -> None:
    before = of_ada.shown()
    kept = before[0]
    of_ada.withdraws()
    of_ada.keeps(kept)
    of_ada.projected()
    assert of_ada.shown() == [kept]
    of_ada.is_found_under_age()
    of_ada.likes(kept)
    of_ada.projected()
    assert of_ada.shown() == []
    assert of_ada.shown("hidden") == before
    assert of_ada.last_said(kept) == "hidden"
    assert of_ada.differs_from_a_rebuild() == ()


@pytest.mark.parametrize("scope", [ConsentScope.PICTURES, ConsentScope.TRAINING])
def test_a_scope_that_is_taken_back_hides_what_rests_on_it_for_good(
    of_ada: Gallery, scope: ConsentScope
) -> None:
    resting = {kind: of_ada.shown_of(kind) for kind in ("image", "sample") if of_ada.shown_of(kind)}
    assert resting.keys() == {"image", "sample"}
    hidden, seen = ("image", "sample") if scope is ConsentScope.PICTURES else ("sample", "image")
    of_ada.takes_back(scope)
    of_ada.projected()
    assert (of_ada.shown(), of_ada.shown("hidden")) == (resting[seen], resting[hidden])
    of_ada.ticks(scope)
    kept = resting[hidden][0]
    of_ada.keeps(kept)
    of_ada.projected()
    assert of_ada.shown("hidden") == resting[hidden][1:]
    assert set(of_ada.shown()) == {kept, *resting[seen]}
    assert of_ada.differs_from_a_rebuild() == ()


def test_another_scope_that_is_taken_back_hides_nothing(of_ada: Gallery) -> None:
    before = of_ada.shown()
    of_ada.takes_back(ConsentScope.CLIPS)
    of_ada.projected()
    assert of_ada.shown() == before
    assert of_ada.differs_from_a_rebuild() == ()


def test_the_feed_calls_hidden_what_rests_on_a_scope_that_was_taken_back(
    of_ada: Gallery,
) -> None:
    picture = of_ada.shown_of("image")[0]
    of_ada.takes_back(ConsentScope.PICTURES)
    of_ada.likes(picture)
    of_ada.projected()
    assert of_ada.last_said(picture) == "hidden"
    of_ada.keeps(picture)
    of_ada.projected()
    assert of_ada.last_said(picture) == "released"


def test_one_withdrawal_hides_very_many_pictures(of_ada: Gallery, admin_database: str) -> None:
    one = of_ada.shown()[0]
    with psycopg.connect(admin_database, autocommit=True) as admin:
        columns = [
            name
            for (name,) in admin.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'views' "
                "AND table_name = 'assets' AND column_name <> 'asset_id'"
            )
        ]
        listed = ", ".join(columns)
        admin.execute(
            f"INSERT INTO views.assets (asset_id, {listed}) "
            f"SELECT gen_random_uuid(), {listed} FROM views.assets, generate_series(1, %s) "
            "WHERE asset_id = %s",
            [PICTURES, one],
        )
    assert len(of_ada.shown()) == 100
    of_ada.withdraws()
    began_s = time.monotonic()
    of_ada.projected()
    assert of_ada.shown() == []
    print(f"\n{PICTURES} pictures: none is served {time.monotonic() - began_s:.2f} s later")


@pytest.fixture
def store_of_before(postgres_server: EmbeddedPostgres, tmp_path: Path) -> Iterator[str]:
    """URL of a database that has only the migrations before hidden was derived."""
    for file in MIGRATIONS_FOLDER.glob("*.sql"):
        if file.name < "0007":
            (tmp_path / file.name).write_text(file.read_text())
    postgres_server.create_database("hidden_before")
    migrate(postgres_server.admin_url("hidden_before"), folder=tmp_path)
    yield postgres_server.admin_url("hidden_before")
    postgres_server.drop_database("hidden_before")


def test_a_gallery_of_before_becomes_what_a_replay_makes_of_it(
    of_ada: Gallery, admin_database: str, store_of_before: str
) -> None:
    """The former release had hidden one asset by an event, one was kept, one is on its way out; and
    it knew of the owner's age only in an event.
    """
    history = of_ada.history
    kept, hidden, unwanted, *_ = of_ada.shown()
    of_ada.withdraws()
    _wrote_of_before(
        history, hidden, b'{"v":1,"timestamp":"2026-03-02T10:00:00Z","reason":"consent-withdrawn"}'
    )
    of_ada.keeps(kept)
    going = history.asset(unwanted)
    going.request_purge(at=history.now)
    history.save(ADA, going)
    of_ada.is_found_under_age()
    of_ada.projected()
    expected = _assets(admin_database)
    [account] = _rows(admin_database, "account")
    assert account["under_age"]

    admin_url = store_of_before
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for fact in history.facts:
            admin.execute(
                "SELECT events.insert_events(%s, %s::uuid[], %s::bigint[], %s::text[], "
                "%s::bytea[], '{}'::uuid[], '{}'::bigint[], NULL, NULL, NULL)",
                [
                    fact.owner_id,
                    [fact.originator_id],
                    [fact.originator_version],
                    [fact.event_type],
                    [fact.data],
                ],
            )
        admin.execute(
            "INSERT INTO views.read_to VALUES (%s, 'gallery', %s)", [ADA, history.position]
        )
        known = {name: value for name, value in account.items() if name != "under_age"}
        _insert(admin, "account", known)
        for row in expected:
            old = dict(row)
            for later in (
                "kept",
                "scopes",
                "renditions",
                "duration_ms",
                "placeholder",
                "likeness",
                "source_asset_id",
                "source_photo_id",
                "labels",
                "purge_at",
                "stack_id",
                "style",
                "ratio",
                "search_text",
            ):
                del old[later]
            if old["asset_id"] == hidden:
                old.update(state="hidden", hidden_reason="consent-withdrawn")
            if old["asset_id"] == unwanted:
                old["hidden_reason"] = "consent-withdrawn"
            values = {
                name: Jsonb(value) if name in ("settings", "checks") else value
                for name, value in old.items()
            }
            _insert(admin, "assets", values)
    assert "0007_hidden_assets" in migrate(admin_url)
    assert _assets(admin_url) == expected
    assert _rows(admin_url, "account") == [account]


def _wrote_of_before(history: StudioHistory, asset_id: Any, data: bytes) -> None:
    versions = [f.originator_version for f in history.facts if f.originator_id == asset_id]
    history.append(ADA, asset_id, max(versions) + 1, "asset.hidden", data)


def _assets(admin_url: str) -> list[dict[str, Any]]:
    return sorted(_rows(admin_url, "assets"), key=lambda row: row["asset_id"].int)


def _rows(admin_url: str, table: str) -> list[dict[str, Any]]:
    with psycopg.connect(admin_url, row_factory=dict_row) as admin:
        return admin.execute(f"SELECT * FROM views.{table}").fetchall()


def _insert(admin: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    admin.execute(f"INSERT INTO views.{table} ({names}) VALUES ({places})", row)
