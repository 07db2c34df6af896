"""What a gallery shows of what it holds: filters, searches, stacks and months."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from adapters.postgres.connect import open_pool
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import MIGRATIONS_FOLDER, migrate
from domain.events import STORED_FORM
from domain.gallery import Gallery, LabelKind
from domain.job import Job
from domain.kernel.personal_text import PersonalText
from domain.kernel.role import Role
from domain.person import Person
from domain.twin import Twin
from domain.wallet import Wallet
from projections.projector import Projector
from projections.rebuild import Rebuild
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import gallery
from queries.gallery.labels import labels
from queries.gallery.lineage import derived
from queries.gallery.matching import matching
from queries.gallery.rare_words import RARE_JOBS_MAX
from queries.gallery.sections import sections
from queries.paging import NEWEST
from queries.viewer import as_viewer
from tests.projections.studio_history import ADA, GRACE, StudioHistory

Pool = ConnectionPool[psycopg.Connection[Any]]
COMPOSED = "a caf\N{LATIN SMALL LETTER E WITH ACUTE} in fog"


class Shelves:
    """Ada's gallery: what she did, and what it shows of that."""

    def __init__(self, admin_url: str, pool: Pool) -> None:
        self.history = StudioHistory()
        self.admin_url = admin_url
        self._pool = pool
        self._projector = Projector(self._connect, STORED_FORM, self.history.keys)
        self.history.opened_studio()
        self.person: Person = self.history.verified_person(ADA)
        self.wallet: Wallet = self.history.wallet_with_credits(ADA)
        self.twin: Twin = self.history.twin_with_photos(self.person, "Countess")
        training = self.history.requested_training(self.person, self.twin, self.wallet)
        self.history.finished(training, self.twin, self.wallet)
        self.order: Gallery | None = None

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.admin_url, autocommit=True)

    def draws(self, prompt: str, count: int = 2) -> list[UUID]:
        """Pictures of the twin, in order of item."""
        job: Job = self.history.requested_pictures(
            self.person, self.twin, self.wallet, prompt, count=count
        )
        self.history.finished(job, self.twin, self.wallet)
        return [item.asset_id for item in job.items]

    def label(self, kind: LabelKind, *asset_ids: UUID, private: bool = False) -> UUID:
        """A new one, on these."""
        self.order = self.order or Gallery.open(ADA, at=self.history.now)
        new_id = uuid5(ADA, f"label {self.history.position}")
        self.order.create_label(
            new_id, kind=kind, name=PersonalText("Fog"), private=private, at=self.history.now
        )
        self.history.save(ADA, self.order)
        for one in asset_ids:
            asset = self.history.asset(one)
            asset.label(new_id, at=self.history.now)
            self.history.save(ADA, asset)
        return new_id

    def shown(self, **filter: Any) -> list[UUID]:
        """Everything that the filter lets through, newest first; found page by page."""
        self.projected()
        only, found, place = GalleryFilter(**filter), [], NEWEST
        with as_viewer(self._pool, ADA, Role.CREATOR) as view:
            while True:
                page = gallery(view, first=1, after=place, only=only)
                found += [one.asset_id for one in page.items]
                if page.next is None:
                    break
                place = page.next
            if not only.stacked:
                assert found == list(matching(view, only, limit=1_000).asset_ids)
                counted = sum(month.items for month in sections(view, only))
                assert counted == len(found)
        return found

    def projected(self) -> None:
        """The projector reads everything, and a rebuild would find the same."""
        assert self._projector.apply(self.history.facts) == ()
        rebuild = Rebuild(self._connect, STORED_FORM, self.history.keys)
        assert rebuild.compare(self.history.after) == ()


@pytest.fixture
def pool(database: str) -> Iterator[Pool]:
    with open_pool(database, "reader", size_max=2) as opened:
        yield opened


@pytest.fixture
def ada(admin_database: str, pool: Pool) -> Shelves:
    return Shelves(admin_database, pool)


@pytest.mark.parametrize(
    "text",
    [
        "cafe",
        "CAFÉ",
        COMPOSED,
        "cafe\N{COMBINING ACUTE ACCENT}",
        "fog café",
        "af og",
        "\N{FULLWIDTH LATIN SMALL LETTER C}afe",
    ],
)
@pytest.mark.parametrize(
    "prompt", [COMPOSED, "a CAFE in Fog", "a cafe\N{COMBINING ACUTE ACCENT} in fog"]
)
def test_a_search_folds_case_accents_and_unicode_forms(
    ada: Shelves, prompt: str, text: str
) -> None:
    ada.draws("a harbour")
    found = ada.draws(prompt)
    assert set(ada.shown(text=text)) == set(found)


@pytest.mark.parametrize("text", ["tea", "cafe harbour", "%", "c_fe", "' OR true --"])
def test_a_search_finds_nothing_else(ada: Shelves, text: str) -> None:
    ada.draws(COMPOSED)
    assert ada.shown(text=text) == []


def test_a_search_of_nothing_but_blanks_shows_all(ada: Shelves) -> None:
    found = ada.draws(COMPOSED)
    assert set(ada.shown(text="  ")) == set(found)
    assert set(ada.shown(text="fog " * 500)) == set(found)
    parts = [COMPOSED[first:last] for first in range(9) for last in range(first + 1, 12)]
    assert ada.shown(text=" ".join([*parts, "tea"])) == []


def test_what_was_looked_for_goes_with_its_owners_key(ada: Shelves) -> None:
    ada.draws(COMPOSED)
    assert ada.shown(text="cafe")
    ada.history.keys.destroy(ADA)
    with psycopg.connect(ada.admin_url) as admin:
        Rebuild(ada._connect, STORED_FORM, ada.history.keys).run(ada.history.after)
        rows = admin.execute("SELECT prompt, search_text FROM views.assets").fetchall()
        names = admin.execute("SELECT name FROM views.labels WHERE name IS NOT NULL").fetchall()
    assert set(rows) == {(None, None)}
    assert names == []


def test_each_filter_lets_through_what_is_so(ada: Shelves) -> None:
    first, second = ada.draws("a harbour"), ada.draws("fog")
    everything = [*reversed(second), *reversed(first)]
    assert sorted(ada.shown()) == sorted(everything)
    assert ada.shown(style="neon") == ada.shown()
    assert ada.shown(style="film") == []
    assert ada.shown(ratio="1:1") == ada.shown()
    assert ada.shown(ratio="16:9") == []
    assert ada.shown(ratings=("general", "adult")) == ada.shown()
    assert ada.shown(ratings=("adult",)) == []
    assert ada.shown(kinds=("video",)) == []
    assert len(ada.shown(kinds=("sample",))) == 3


def test_a_range_of_time_has_its_begin_and_lacks_its_end(ada: Shelves) -> None:
    first = ada.draws("a harbour", count=1)
    between = ada.history.now
    ada.history.now += timedelta(days=40)
    second = ada.draws("fog", count=1)
    assert ada.shown(until=between) == first
    assert ada.shown(since=between) == second
    with as_viewer(ada._pool, ADA, Role.CREATOR) as view:
        [newest, oldest] = gallery(view, first=2).items
    assert ada.shown(since=newest.released_at) == second
    assert ada.shown(until=newest.released_at) == first
    assert ada.shown(since=oldest.released_at, until=newest.released_at) == first
    with as_viewer(ada._pool, ADA, Role.CREATOR) as view:
        assert [(one.month, one.items) for one in sections(view)] == [
            (date(2026, 4, 1), 1),
            (date(2026, 3, 1), 1),
        ]


def test_tags_narrow_each_other_and_another_persons_finds_nothing(ada: Shelves) -> None:
    one, other = ada.draws("fog")
    fog = ada.label(LabelKind.TAG, one, other)
    winter = ada.label(LabelKind.TAG, one)
    shelf = ada.label(LabelKind.COLLECTION, one, other)
    assert set(ada.shown(tags=(fog,))) == {one, other}
    assert ada.shown(tags=(fog, winter)) == [one]
    assert ada.shown(tags=(winter,), collection=shelf) == [one]
    assert ada.shown(tags=(fog, uuid5(GRACE, "tag"))) == []
    with as_viewer(ada._pool, GRACE, Role.CREATOR) as view:
        assert labels(view) == ()
        assert gallery(view, first=9, only=GalleryFilter(tags=(fog,))).items == ()


def test_private_items_are_in_their_collection_the_trash_and_nowhere_else(ada: Shelves) -> None:
    one, other = ada.draws("fog")
    secret = ada.label(LabelKind.COLLECTION, one, private=True)
    shared = ada.label(LabelKind.COLLECTION, one, other)
    for everywhere in ({}, {"text": "fog"}, {"collection": shared}, {"style": "neon"}):
        assert ada.shown(**everywhere) == [other]
    assert ada.shown(collection=secret) == [one]
    assert ada.shown(states=("released", "trashed", "hidden"), text="fog") == [other]
    trashed = ada.history.asset(one)
    trashed.trash(at=ada.history.now)
    ada.history.save(ADA, trashed)
    assert ada.shown(collection=secret) == []
    assert ada.shown(states=("trashed",)) == [one]


def test_what_was_made_in_private_of_an_item_is_told_in_private(ada: Shelves) -> None:
    [one] = ada.draws("fog", count=1)
    clip: Job = ada.history.requested_clips(
        ada.person, ada.twin, ada.wallet, "a keeper nods", source=ada.history.asset(one)
    )
    ada.history.finished(clip, ada.twin, ada.wallet)
    made = clip.items[0].asset_id

    def told() -> list[UUID]:
        ada.projected()
        with as_viewer(ada._pool, ADA, Role.CREATOR) as view:
            return [item.asset_id for item in derived(view, one, first=9)]

    assert told() == [made]
    ada.label(LabelKind.COLLECTION, made, private=True)
    assert told() == []
    ada.label(LabelKind.COLLECTION, one, private=True)
    assert told() == [made]


def test_what_is_in_two_private_collections_is_taken_from_its_month_once(ada: Shelves) -> None:
    one, other, third, *_ = ada.draws("fog", count=4)
    tag = ada.label(LabelKind.TAG, one, other, third)
    first = ada.label(LabelKind.COLLECTION, one, other, private=True)
    second = ada.label(LabelKind.COLLECTION, one, private=True)
    assert len(ada.shown()) == 2
    assert ada.shown(tags=(tag,)) == [third]
    assert ada.shown(tags=(tag,), collection=second) == [one]
    assert set(ada.shown(tags=(tag, tag), collection=first)) == {one, other}
    restored = ada.history.asset(other)
    restored.trash(at=ada.history.now)
    ada.history.save(ADA, restored)
    assert ada.shown(collection=first) == [one]
    restored.restore(at=ada.history.now)
    ada.history.save(ADA, restored)
    assert set(ada.shown(collection=first)) == {one, other}


def test_a_search_finds_the_same_of_a_word_that_many_jobs_asked_for(ada: Shelves) -> None:
    one, _ = ada.draws("a lighthouse in fog")
    ada.draws("a harbour")
    tag = ada.label(LabelKind.TAG, one)
    searches: list[dict[str, Any]] = [
        {"text": "light fog"},
        {"text": "fog", "stacked": True},
        {"text": "hthou", "tags": (tag,)},
        {"text": "fog", "tags": (tag,), "stacked": True},
    ]
    found = [ada.shown(**search) for search in searches]
    assert [len(each) for each in found] == [2, 1, 1, 1]
    with psycopg.connect(ada.admin_url) as admin:
        admin.execute(
            "INSERT INTO views.prompt_word_jobs SELECT owner_id, word_id, gen_random_uuid() "
            "FROM views.prompt_words, generate_series(0, %s)",
            [RARE_JOBS_MAX],
        )
    with as_viewer(ada._pool, ADA, Role.CREATOR) as view:
        for search, expected in zip(searches, found, strict=True):
            page = gallery(view, first=9, only=GalleryFilter(**search))
            assert [item.asset_id for item in page.items] == expected


@pytest.fixture
def store_of_before(postgres_server: EmbeddedPostgres, tmp_path: Path) -> Iterator[str]:
    """URL of a database of the release before months of labels and words of prompts were kept."""
    for file in MIGRATIONS_FOLDER.glob("*.sql"):
        if file.name < "0031":
            (tmp_path / file.name).write_text(file.read_text())
    postgres_server.create_database("unlabelled")
    migrate(postgres_server.admin_url("unlabelled"), folder=tmp_path)
    yield postgres_server.admin_url("unlabelled")
    postgres_server.drop_database("unlabelled")


def test_a_gallery_of_before_is_counted_and_searched_as_a_replay_of_it(
    ada: Shelves, store_of_before: str
) -> None:
    one, other, third, *_ = ada.draws(COMPOSED, count=4)
    ada.label(LabelKind.TAG, one, other, third)
    ada.label(LabelKind.COLLECTION, one)
    trashed, kept = ada.history.asset(one), ada.history.asset(other)
    trashed.trash(at=ada.history.now)
    ada.twin.withdraw_consent(at=ada.history.now)
    kept.keep(ada.twin.consent_in_force, at=ada.history.now)
    ada.history.save(ADA, trashed, ada.twin, kept)
    ada.projected()
    with psycopg.connect(ada.admin_url) as admin, psycopg.connect(store_of_before) as before:
        for table in ("jobs", "assets", "asset_labels", "gallery_months"):
            rows = admin.execute(f"SELECT json_agg(t) FROM views.{table} AS t").fetchone()
            before.execute(
                f"INSERT INTO views.{table} "
                f"SELECT * FROM json_populate_recordset(NULL::views.{table}, %s)",
                [json.dumps(rows and rows[0])],
            )
    migrate(store_of_before)
    with psycopg.connect(ada.admin_url) as admin, psycopg.connect(store_of_before) as before:
        for table in ("asset_labels", "prompt_words", "prompt_word_jobs"):
            asked = f"SELECT to_jsonb(t)::text FROM views.{table} AS t ORDER BY 1"
            rows_now = admin.execute(asked).fetchall()
            assert len(rows_now) > 3
            assert before.execute(asked).fetchall() == rows_now


def test_what_withdrawal_has_hidden_is_in_no_list_and_no_month(ada: Shelves) -> None:
    one, other = ada.draws("fog")
    tag = ada.label(LabelKind.TAG, one, other)
    ada.twin.withdraw_consent(at=ada.history.now)
    ada.history.save(ADA, ada.twin)
    kept = ada.history.asset(one)
    kept.keep(ada.twin.consent_in_force, at=ada.history.now)
    ada.history.save(ADA, kept)
    for everywhere in ({}, {"tags": (tag,)}, {"text": "fog"}, {"stacked": True}):
        assert ada.shown(**everywhere) == [one]
    assert ada.shown(states=("hidden",)) == [other]
    thrown = ada.history.asset(other)
    thrown.trash(at=ada.history.now)
    ada.history.save(ADA, thrown)
    assert ada.shown(states=("hidden",)) == []
    [gone] = ada.shown(states=("trashed",))
    with as_viewer(ada._pool, ADA, Role.CREATOR) as view:
        [item] = gallery(view, first=9, only=GalleryFilter(states=("trashed",))).items
    assert (gone, item.is_seen) == (other, False)


def test_a_stack_shows_its_newest_item_that_the_filter_lets_through(ada: Shelves) -> None:
    batch = ada.shown() or ada.draws("fog", count=4)
    [top, *_] = ada.shown()
    [other] = ada.draws("a harbour", count=1)
    assert ada.shown(stacked=True) == [other, top]
    below = next(one for one in batch if one != top)
    liked = ada.history.asset(below)
    liked.set_favourite(at=ada.history.now)
    ada.history.save(ADA, liked)
    assert ada.shown(stacked=True, favourite=True) == [below]
    tag = ada.label(LabelKind.TAG, below)
    assert ada.shown(stacked=True, tags=(tag,)) == [below]
