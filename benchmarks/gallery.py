"""Pages of a large gallery by every filter, over those of a small one; its months; a large change.

Rows are put straight into the read model: what is measured is the reading. `GALLERY_ITEMS` sets
how many the large one has.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from uuid import UUID, uuid5

import psycopg

from adapters.postgres.connect import open_pool
from benchmarks.measure import database, quantile, report, seconds
from commands.gallery.change_assets import ChangeAssets
from commands.gallery.create_label import CreateLabel
from commands.ports.event_store import RecordedCommand
from domain.asset import Asset
from domain.bulk_change import GalleryChange
from domain.gallery import LabelKind
from domain.kernel.identity import SYSTEM
from domain.kernel.personal_text import PersonalText
from domain.kernel.role import Role
from queries.gallery.filtering import EVERYTHING, GalleryFilter
from queries.gallery.gallery import gallery
from queries.gallery.matching import matching
from queries.gallery.sections import sections
from queries.paging import Place
from queries.viewer import View, as_viewer
from tests.domain.lives import released_asset
from tests.machine.postgres_stage import postgres_stage
from tests.machine.read_models import read_models_of

ADA, GRACE = uuid5(SYSTEM, "Ada"), uuid5(SYSTEM, "Grace")
SMALL, LARGE = 10_000, int(os.environ.get("GALLERY_ITEMS", "1000000"))
PAGE, ROUNDS, TAGGED = 50, 40, 10_000
TAG, COLLECTION, PRIVATE = (uuid5(SYSTEM, name) for name in ("harbours", "winter", "secret"))
TWINS = [uuid5(SYSTEM, f"twin {number}") for number in range(3)]
IN_2025 = datetime(2025, 3, 1, tzinfo=UTC)

FILL = """
INSERT INTO views.assets (
    owner_id, asset_id, job_id, item, twin_id, kind, engine, rating, state, favourite, object_key,
    sha256, size_bytes, width, height, media_type, seed, prompt, search_text, settings, checks,
    policy_version, consent_epoch, scopes, released_at, released_position, position, renditions,
    likeness, labels, purge_at, stack_id, style, ratio)
SELECT %(owner)s, id, job, n %% 8, twin, kind, 'pocket', 'general', 'released', n %% 97 = 0,
       'gallery/' || id || '/master', repeat('5e', 32), 310000, 512, 512, 'image/png', n, said,
       said, jsonb_build_object('style', style, 'aspect_ratio', ratio, 'num_inference_steps', 25),
       jsonb_build_array(jsonb_build_object('check', 'identity', 'passed', true, 'model', 'm')), 1,
       1, '{"general-images": 1}', at, n, n,
       jsonb_build_array(jsonb_build_object('role', 'master', 'object_key', 'gallery/' || id,
           'sha256', repeat('5e', 32), 'size_bytes', 310000, 'media_type', 'image/png',
           'width', 512, 'height', 512)), '[]',
       CASE WHEN n %% %(tagged_each)s = 0 THEN ARRAY[%(tag)s::uuid] ELSE '{}' END
       || CASE WHEN n %% 211 = 0 THEN ARRAY[%(collection)s::uuid] ELSE '{}' END
       || CASE WHEN n %% 101 = 0 THEN ARRAY[%(private)s::uuid] ELSE '{}' END,
       CASE WHEN n %% 103 = 0 THEN now() + interval '30 days' END, job, style, ratio
  FROM (SELECT n, md5(%(owner)s::text || n)::uuid AS id,
               md5(%(owner)s::text || 'job' || n / 8)::uuid AS job,
               (%(twins)s::uuid[])[1 + n / 8 %% 3] AS twin,
               CASE WHEN n %% 31 = 0 THEN 'video' ELSE 'image' END AS kind,
               (ARRAY['plain', 'film', 'neon', 'ink', 'soft'])[1 + n / 8 %% 5] AS style,
               (ARRAY['1:1', '3:4', '4:3', '9:16', '16:9'])[1 + n / 8 %% 5] AS ratio,
               'a lighthouse in fog, ' || (ARRAY['smiling', 'serious', 'at a harbour'])[1 + n %% 3]
               || CASE WHEN n %% 9973 = 5 THEN ' with a cafe' ELSE '' END AS said,
               timestamptz '2022-01-01' + n * (interval '4 years' / %(items)s) AS at
          FROM generate_series(1, %(items)s) AS n) AS made
"""
LABEL = """
INSERT INTO views.asset_labels (owner_id, asset_id, label_id, released_position, position, group_id)
SELECT a.owner_id, a.asset_id, unnest(a.labels), a.released_position, a.position, m.group_id
  FROM views.assets AS a
  LEFT JOIN views.gallery_months AS m
    ON m.owner_id = a.owner_id AND m.kind = a.kind AND m.twin_id = a.twin_id AND a.purge_at IS NULL
   AND m.month = date_trunc('month', a.released_at AT TIME ZONE 'UTC')::date
 WHERE a.owner_id = %(owner)s
"""
COUNT = """
INSERT INTO views.gallery_months
       (owner_id, group_id, month, kind, twin_id, consent_epoch, scopes, kept, items)
SELECT owner_id, gen_random_uuid(), date_trunc('month', released_at AT TIME ZONE 'UTC')::date, kind,
       twin_id, consent_epoch, scopes, kept, count(*)
  FROM views.assets WHERE owner_id = %(owner)s AND purge_at IS NULL GROUP BY 1, 3, 4, 5, 6, 7, 8
"""
WORDS = """
INSERT INTO views.prompt_word_jobs (owner_id, word_id, job_id)
SELECT DISTINCT owner_id, md5(word)::uuid, job_id
  FROM views.assets CROSS JOIN LATERAL regexp_split_to_table(search_text, ' ') AS w (word)
 WHERE owner_id = %(owner)s
"""
COUNT_WORDS = """
INSERT INTO views.prompt_words (owner_id, word_id, word, jobs)
SELECT w.owner_id, w.word_id, s.word, count(*)
  FROM views.prompt_word_jobs AS w
  JOIN (SELECT DISTINCT regexp_split_to_table(search_text, ' ') AS word
          FROM views.assets WHERE owner_id = %(owner)s) AS s ON md5(s.word)::uuid = w.word_id
 WHERE w.owner_id = %(owner)s GROUP BY 1, 2, 3
"""
NAMES = """
INSERT INTO views.labels VALUES
    (%(owner)s, %(tag)s, 'tag', 'Harbours', false, now(), 1, 1),
    (%(owner)s, %(collection)s, 'collection', 'Winter', false, now(), 1, 1),
    (%(owner)s, %(private)s, 'collection', 'Secret', true, now(), 1, 1)
"""
FILTERS = {
    "everything": EVERYTHING,
    "twin": GalleryFilter(twin_id=TWINS[1]),
    "kind": GalleryFilter(kinds=("video",)),
    "style": GalleryFilter(style="neon"),
    "ratio": GalleryFilter(ratio="9:16"),
    "rating": GalleryFilter(ratings=("general",)),
    "month": GalleryFilter(since=IN_2025, until=IN_2025 + timedelta(days=31)),
    "favourite": GalleryFilter(favourite=True),
    "tag": GalleryFilter(tags=(TAG,)),
    "collection": GalleryFilter(collection=COLLECTION),
    "private": GalleryFilter(collection=PRIVATE),
    "trash": GalleryFilter(states=("trashed",)),
    "stacks": GalleryFilter(stacked=True),
    "search": GalleryFilter(text="harbour"),
    "rare": GalleryFilter(text="café"),
}
"""`rare` is said of one of ten thousand items."""


def fill(admin_url: str, owner: UUID, items: int) -> None:
    """A gallery of so many items, as the projector would have left it."""
    values = {
        "owner": owner,
        "items": items,
        "twins": TWINS,
        "tag": TAG,
        "collection": COLLECTION,
        "private": PRIVATE,
        "tagged_each": max(1, items // TAGGED),
    }
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for statement in (FILL, COUNT, LABEL, WORDS, COUNT_WORDS, NAMES):
            admin.execute(statement.encode(), values)


def pages(only: GalleryFilter, view: View) -> list[float]:
    """Pages of one walk through a list, from its newest on: in milliseconds each."""
    place: Place | None = None
    taken: list[float] = []
    for _ in range(ROUNDS):
        began_s = perf_counter()
        page = gallery(view, first=PAGE, only=only, **({} if place is None else {"after": place}))
        taken.append((perf_counter() - began_s) * 1_000)
        place = page.next
    return taken


def measured(url: str) -> None:
    """One line for every filter, and one for the months."""
    with open_pool(url, "reader", size_max=2) as pool:
        for name, only in FILTERS.items():
            found: dict[UUID, list[float]] = {}
            for owner in (GRACE, ADA, GRACE, ADA):
                with as_viewer(pool, owner, Role.CREATOR) as view:
                    found.setdefault(owner, []).extend(pages(only, view))
            small, large = (quantile(found[owner], 0.5) for owner in (GRACE, ADA))
            report(
                f"gallery page, {name}",
                f"the same of {SMALL} items",
                items=LARGE,
                p50_ms=large,
                p95_ms=quantile(found[ADA], 0.95),
                baseline_ms=small,
                ratio=large / small,
            )
        for name, only in (
            ("all", EVERYTHING),
            ("of a twin", FILTERS["twin"]),
            ("of a tag", FILTERS["tag"]),
        ):
            with as_viewer(pool, ADA, Role.CREATOR) as view:
                taken = [seconds(partial(sections, view, only)) * 1_000 for _ in range(ROUNDS)]
            report(
                f"gallery sections, {name}",
                "none",
                items=LARGE,
                p50_ms=quantile(taken, 0.5),
                p95_ms=quantile(taken, 0.95),
            )


def changed(url: str, admin_url: str) -> None:
    """Ten thousand tagged items are found by a filter, and favourites when all is carried out."""
    owner = uuid5(SYSTEM, "Hedy")
    ids = [uuid5(owner, str(number)) for number in range(TAGGED)]
    with (
        postgres_stage(url, admin_url) as (stage, _),
        read_models_of(stage, admin_url) as read_models,
    ):
        tag = stage.studio.execute(
            CreateLabel(LabelKind.TAG, PersonalText("Harbours")), owner_id=owner, key=ids[0]
        ).result.label_id
        for start in range(0, TAGGED, 2_000):
            made = [released_asset(one) for one in ids[start : start + 2_000]]
            for asset in made:
                asset.label(tag, at=stage.clock.at)
            with stage.store.transaction(owner) as transaction:
                events = [event for asset in made for event in asset.pending_events]
                command = RecordedCommand(uuid5(owner, f"made {start}"), b"", b"{}")
                transaction.insert(events, unchanged=[], command=command)  # type: ignore[arg-type]
        stage.follows(0)
        read_models.catch_up()

        def change() -> None:
            with (
                open_pool(url, "reader", size_max=1) as pool,
                as_viewer(pool, owner, Role.CREATOR) as view,
            ):
                found = matching(view, GalleryFilter(tags=(tag,)), limit=TAGGED)
            command = ChangeAssets(
                GalleryChange.FAVOURITE,
                filter=PersonalText("tag"),
                matched=found.asset_ids,
                as_of=found.as_of,
            )
            stage.studio.execute(command, owner_id=owner, key=uuid5(owner, "change"))
            stage.passes(10)

        took_s = seconds(change)
        projected_s = seconds(read_models.catch_up)
        changed = stage.load(Asset, ids[-1], owner)
        assert changed is not None
        assert changed.favourite
    report("gallery change", "none", items=TAGGED, carried_out_s=took_s, projected_s=projected_s)


def main() -> None:
    """See the module."""
    with database() as (url, admin_url):
        changed(url, admin_url)
        fill(admin_url, GRACE, SMALL)
        fill(admin_url, ADA, LARGE)
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(
                "VACUUM ANALYZE views.assets, views.asset_labels, views.gallery_months, "
                "views.prompt_words, views.prompt_word_jobs"
            )
        measured(url)


if __name__ == "__main__":
    main()
