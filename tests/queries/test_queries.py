"""Questions and answers: whose rows, which pages, how fresh."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from adapters.postgres.connect import open_pool
from domain.events import STORED_FORM
from domain.kernel.role import Role
from projections import feed
from projections.projector import Projector
from queries.account.overview import account
from queries.account.verification import verification
from queries.catalogue.policy import policy
from queries.catalogue.prices import price_list
from queries.feed.after import FEED_REPLAY_MAX, Lagged, feed_after
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import asset, assets_of_jobs, gallery
from queries.gallery.lineage import Derived, derived
from queries.jobs.jobs import job, jobs, jobs_by_id
from queries.paging import NEWEST, PAGE_SIZE_MAX, Place
from queries.read_position import (
    ReadModelsParked,
    read_position,
    read_until,
)
from queries.twins.photos import photos
from queries.twins.twins import twin, twins
from queries.viewer import View, as_viewer
from queries.wallet.asked import packages_asked, work_asked
from queries.wallet.balance import EMPTY, Balance, balance
from queries.wallet.equations import Sides, Slice, ledger_slice
from queries.wallet.holds import holds
from queries.wallet.ledger import BEFORE_ALL, Accounts, accounts_at, entries_of
from queries.wallet.ledger_diff import Held, LedgerDiff, ledger_diff
from queries.wallet.purchases import purchase, purchases
from queries.wallet.spent_since import spent_since
from queries.wallet.statement import EntriesAbout, StatementEntry, statement
from tests.projections.studio_history import (
    ADA,
    GRACE,
    MORNING,
    NEXT_YEAR,
    StudioHistory,
    a_whole_journey,
)

NOBODY = UUID(int=0)
Pool = ConnectionPool[psycopg.Connection[Any]]


@pytest.fixture
def pool(database: str) -> Iterator[Pool]:
    with open_pool(database, "reader", size_max=4) as opened:
        yield opened


@pytest.fixture
def history() -> StudioHistory:
    return a_whole_journey()


@pytest.fixture
def projector(database: str, history: StudioHistory) -> Projector:
    made = Projector(lambda: psycopg.connect(database, autocommit=True), STORED_FORM, history.keys)
    made.apply(history.facts)
    return made


@pytest.fixture
def ada(pool: Pool, projector: Projector) -> Iterator[View]:
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        yield view


def in_gallery(view: View, only: GalleryFilter) -> list[int]:
    return [found.item for found in gallery(view, first=100, only=only).items]


def test_without_a_viewer_there_are_no_rows(
    database: str, pool: Pool, projector: Projector
) -> None:
    with pool.connection() as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'views'"
        ).fetchall()
        assert len(tables) > 15
        for (table,) in tables:
            rows = connection.execute(f"SELECT * FROM views.{table}".encode()).fetchall()
            assert rows == [], table


def test_another_viewer_sees_nothing(pool: Pool, projector: Projector, ada: View) -> None:
    [picture, *_] = gallery(ada, first=1).items
    [newest, *_] = jobs(ada, first=1).items
    [countess] = twins(ada, first=1).items
    with as_viewer(pool, GRACE, Role.CREATOR) as grace:
        assert account(grace) is None
        assert balance(grace) == EMPTY
        assert statement(grace, first=10).items == ()
        assert purchases(grace, first=10).items == ()
        assert twins(grace, first=10).items == ()
        assert twin(grace, countess.twin_id) is None
        assert photos(grace, countess.twin_id) == ()
        assert jobs(grace, first=10).items == ()
        assert job(grace, newest.job_id) is None
        assert jobs_by_id(grace, [newest.job_id]) == {}
        assert work_asked(grace, [newest.job_id]) == {}
        assert packages_asked(grace, [purchases(ada, first=1).items[0].purchase_id]) == {}
        assert gallery(grace, first=10).items == ()
        assert asset(grace, picture.asset_id) is None
        assert assets_of_jobs(grace, [newest.job_id]) == {newest.job_id: ()}
        assert feed_after(grace, 0) == ()
        assert ledger_slice(grace, until=10**6).entries == 0
        assert accounts_at(grace, as_of=10**6, first=10).accounts == ()
        assert ledger_diff(grace, since=0, until=10**6, first=10).changes == ()
        # Even a statement that forgets its owner.
        assert grace.many(Place, "SELECT position, job_id AS id FROM views.jobs") == []


def test_what_was_made_from_a_picture_is_told_to_its_owner_alone(database: str, pool: Pool) -> None:
    told = StudioHistory()
    told.opened_studio()
    person, wallet = told.verified_person(ADA), told.wallet_with_credits(ADA)
    twin = told.twin_with_photos(person, "Countess")
    told.finished(told.requested_training(person, twin, wallet), twin, wallet)
    pictures = told.requested_pictures(person, twin, wallet, "a lighthouse in fog", count=1)
    told.finished(pictures, twin, wallet)
    source = told.asset(pictures.items[0].asset_id)
    clips = [
        told.requested_clips(person, twin, wallet, "a keeper nods", source=source) for _ in range(2)
    ]
    for clip in clips:
        told.finished(clip, twin, wallet)
    made = Projector(lambda: psycopg.connect(database, autocommit=True), STORED_FORM, told.keys)
    made.apply(told.facts)
    first, second = (
        Derived(asset_id=clip.items[0].asset_id, relation="animation") for clip in clips
    )
    with as_viewer(pool, ADA, Role.CREATOR) as ada:
        assert derived(ada, source.id, first=10) == (second, first)
        assert derived(ada, source.id, first=1) == (second,)
        assert derived(ada, first.asset_id, first=10) == ()
    with as_viewer(pool, GRACE, Role.CREATOR) as grace:
        assert derived(grace, source.id, first=10) == ()


def test_what_belongs_to_nobody_is_for_every_viewer(pool: Pool, projector: Projector) -> None:
    with as_viewer(pool, GRACE, Role.CREATOR) as grace:
        prices, rules = price_list(grace), policy(grace)
    assert prices is not None
    assert prices.version == 1
    assert prices.packages[0]["id"] == "starter"
    assert rules is not None
    assert rules.rows[0]["engine"] == "pocket"


def test_a_viewer_cannot_write(ada: View) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ada.many(Place, "DELETE FROM views.jobs RETURNING position, job_id AS id")


def test_a_connection_keeps_nothing_of_its_last_viewer(database: str, projector: Projector) -> None:
    with open_pool(database, "reader", size_max=1) as single:
        with as_viewer(single, ADA, Role.AUDITOR) as view:
            assert balance(view) != EMPTY
        with single.connection() as connection:
            rows = connection.execute("SELECT count(*) FROM views.balances").fetchone()
    assert rows == (0,)


def test_an_account_is_verified_until_the_document_ends(ada: View) -> None:
    me = account(ada)
    assert me is not None
    assert me.verification_at(MORNING) == "verified"
    assert me.verification_at(NEXT_YEAR) == "expired"
    assert me.verification_id is not None
    check = verification(ada, me.verification_id)
    assert check is not None
    assert check.state == "verified"
    assert verification(ada, NOBODY) is None


def test_the_balance_is_that_of_the_last_entry(ada: View) -> None:
    [last] = statement(ada, first=1).items
    assert balance(ada) == Balance(last.available, last.reserved, last.spent, last.position)
    [bought] = purchases(ada, first=10).items
    assert purchase(ada, bought.purchase_id) == bought
    assert bought.state == "credited"


def test_entries_are_told_with_what_was_asked_for(ada: View) -> None:
    pictures, training = jobs(ada, first=10).items
    [bought] = purchases(ada, first=10).items
    asked = work_asked(ada, [pictures.job_id, training.job_id, NOBODY])
    assert asked.keys() == {pictures.job_id, training.job_id}
    drawn, learned = asked[pictures.job_id], asked[training.job_id]
    assert (drawn.kind, drawn.item_count, drawn.prompt) == ("images", 4, "a lighthouse in fog")
    assert (learned.kind, learned.prompt, learned.twin_name) == ("training", None, "Countess")
    packages = packages_asked(ada, [bought.purchase_id, NOBODY])
    assert {id: found.package for id, found in packages.items()} == {
        bought.purchase_id: bought.package
    }


def test_a_twin_comes_with_its_adapters_and_photos(ada: View) -> None:
    [countess] = twins(ada, first=10).items
    assert (countess.name, countess.state) == ("Countess", "trained")
    assert [adapter.engine for adapter in countess.adapters] == ["pocket"]
    assert countess == twin(ada, countess.twin_id)
    assert [photo.ordinal for photo in photos(ada, countess.twin_id)] == list(range(12))


def test_jobs_come_newest_first_with_their_items(ada: View) -> None:
    pictures, training = jobs(ada, first=10).items
    assert (pictures.kind, training.kind) == ("images", "training")
    assert [item.state for item in pictures.items] == ["released"] * 3 + ["refused"]
    assert job(ada, pictures.job_id) == pictures
    assert pictures.prompt == "a lighthouse in fog"
    assert jobs(ada, first=10, states=["failed", "cancelled"]).items == ()
    assert jobs(ada, first=10, states=["completed"]).items == (pictures, training)
    assert jobs(ada, first=10, twin_id=NOBODY).items == ()
    by_id = jobs_by_id(ada, [training.job_id, NOBODY])
    assert by_id == {training.job_id: training}
    samples = assets_of_jobs(ada, [training.job_id])[training.job_id]
    assert [sample.kind for sample in samples] == ["sample"] * 3
    newest = price_list(ada)
    assert newest is not None
    assert training.price_version == newest.version


def test_the_gallery_is_filtered_by_twin_text_favourite_kind_and_state(ada: View) -> None:
    # Item 1 was purged, item 3 refused; training samples are shown with their twin.
    assert in_gallery(ada, GalleryFilter()) in ([2, 0], [0, 2])
    [liked] = gallery(ada, first=10, only=GalleryFilter(favourite=True)).items
    assert (liked.item, liked.favourite) == (0, True)
    assert liked.settings is not None
    assert liked.settings["style"] == "neon"
    assert liked.checks[0]["check"] == "known_hash"
    assert len(in_gallery(ada, GalleryFilter(kinds=("sample",)))) == 3
    assert in_gallery(ada, GalleryFilter(states=("purged",))) == [1]
    assert len(in_gallery(ada, GalleryFilter(twin_id=liked.twin_id))) == 2
    assert in_gallery(ada, GalleryFilter(twin_id=NOBODY)) == []
    assert len(in_gallery(ada, GalleryFilter(text="LightHouse"))) == 2


@pytest.mark.parametrize("text", ["%", "_", "l%e", "\\", "100%", "' OR true --"])
def test_wildcards_in_a_search_are_ordinary_letters(ada: View, text: str) -> None:
    assert in_gallery(ada, GalleryFilter(text=text)) == []


def test_pages_stay_put_while_pictures_land(
    pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    seen: list[UUID] = []
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        expected = [found.asset_id for found in gallery(view, first=100).items]
    after: Place | None = NEWEST
    while after is not None:
        with as_viewer(pool, ADA, Role.CREATOR) as view:
            page = gallery(view, first=1, after=after)
        seen += [found.asset_id for found in page.items]
        after = page.next
        a_person_asks_for_one_more(history)
        projector.apply(history.facts)
    assert seen == expected
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        assert len(gallery(view, first=100).items) == len(expected) + len(seen)


def test_pages_join_up_for_every_size(ada: View) -> None:
    whole = statement(ada, first=100).items
    for size in (1, 2, 3, len(whole)):
        joined: list[int] = []
        after: Place | None = NEWEST
        while after is not None:
            page = statement(ada, first=size, after=after)
            assert len(page.items) <= size
            joined += [entry.position for entry in page.items]
            after = page.next
        assert joined == [entry.position for entry in whole]


def test_a_page_has_at_least_one_and_at_most_a_hundred_items(ada: View) -> None:
    assert len(statement(ada, first=-5).items) == 1
    assert len(statement(ada, first=10**9).items) <= PAGE_SIZE_MAX


def test_the_feed_resumes_without_gap_or_duplicate(ada: View) -> None:
    whole = feed_after(ada, 0)
    assert not isinstance(whole, Lagged)
    for delta in whole:
        rest = feed_after(ada, delta.position)
        assert rest == tuple(later for later in whole if later.position > delta.position)
    wallet_only = feed_after(ada, 0, topics=["wallet"])
    assert wallet_only == tuple(delta for delta in whole if delta.topic == "wallet")


def test_a_position_from_before_the_trimmed_feed_lags(
    database: str, pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE projector")
        feed.trim(cursor, recorded_before=history.now - timedelta(minutes=5))
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        lagged = feed_after(view, 0)
        assert isinstance(lagged, Lagged)
        assert lagged.count > 10
        assert isinstance(feed_after(view, history.position - 1), tuple)


def test_whoever_is_too_far_behind_lags_by_what_they_missed(
    database: str, pool: Pool, projector: Projector
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("SET LOCAL ROLE projector")
        connection.execute(
            """
            INSERT INTO views.feed
            SELECT %s, 10000 + n, 0, 'jobs', %s, '{}', now() FROM generate_series(1, %s) n
            """,
            (GRACE, GRACE, FEED_REPLAY_MAX + 1),
        )
    with as_viewer(pool, GRACE, Role.CREATOR) as view:
        assert feed_after(view, 0) == Lagged(FEED_REPLAY_MAX + 1)
        assert len(feed_after(view, 10_001)) == FEED_REPLAY_MAX  # type: ignore[arg-type]


def test_the_auditor_sees_amounts_of_everybody_and_nothing_else(
    pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    a_whole_journey(GRACE, history)
    projector.apply(history.facts)
    auditor = UUID(int=7)
    with as_viewer(pool, auditor, Role.AUDITOR) as view:
        accounts = accounts_at(view, as_of=history.position, first=10).accounts
        now = slices(view, until=history.position)
        assert {found.owner_id for found in accounts} == {ADA, GRACE}
        assert now.available == sum(found.available for found in accounts) == 2 * 5_200
        assert now.spent == 2 * 5_300
        entries = view.many(StatementEntry, "SELECT * FROM views.statement ORDER BY position")
        assert len(entries) == now.entries == 14
        assert now.owners == 2
        for entry in entries:
            then = accounts_at(view, as_of=entry.position, first=10).accounts
            [found] = [one for one in then if one.owner_id == entry.owner_id]
            assert (found.available, found.reserved) == (entry.available, entry.reserved)
        assert accounts_at(view, as_of=0, first=10).accounts == ()
        assert jobs(view, first=10).items == ()
        assert view.many(Place, "SELECT position, job_id AS id FROM views.jobs") == []
        assert view.many(Place, "SELECT position, asset_id AS id FROM views.assets") == []
        assert feed_after(view, 0) == ()


def slices(view: View, *, until: int, size: int = 3) -> Slice:
    """All slices up to a position, added up."""
    found = [ledger_slice(view, until=until, size=size)]
    while not found[-1].is_last:
        found.append(ledger_slice(view, until=until, after=found[-1].up_to, size=size))
    sums = {
        name: sum(getattr(one, name) for one in found)
        for name in ("entries", "owners", "available", "reserved", "spent")
    }
    of_rule = {
        last.rule: [side for one in found for side in one.sides if side.rule == last.rule]
        for last in found[-1].sides
    }
    sides = tuple(
        Sides(rule, sum(side.left for side in those), sum(side.right for side in those))
        for rule, those in of_rule.items()
    )
    return Slice(up_to=until, is_last=True, sides=sides, **sums)


@pytest.mark.parametrize("size", [1, 7, 14, 2_000])
def test_slices_of_the_ledger_add_up_whatever_their_size(
    pool: Pool, history: StudioHistory, projector: Projector, size: int
) -> None:
    a_whole_journey(GRACE, history)
    projector.apply(history.facts)
    with as_viewer(pool, UUID(int=7), Role.AUDITOR) as view:
        for until in (0, history.position // 2, history.position):
            whole = slices(view, until=until, size=size)
            assert whole == slices(view, until=until, size=10_000)
            assert all(side.left == side.right for side in whole.sides)
        assert len(whole.sides) == 7


def test_owners_are_paged_whoever_of_them_had_something_by_then(
    pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    a_whole_journey(GRACE, history)
    projector.apply(history.facts)
    first, second = sorted((ADA, GRACE))
    with as_viewer(pool, UUID(int=7), Role.AUDITOR) as view:

        def page(after: UUID = BEFORE_ALL, *, as_of: int = history.position) -> Accounts:
            return accounts_at(view, as_of=as_of, first=10, after=after, examined=1)

        for after, owner in ((BEFORE_ALL, first), (first, second)):
            found = page(after)
            assert [one.owner_id for one in found.accounts] == [found.more_behind] == [owner]
        assert page(second) == Accounts((), None)
        # Nobody had anything then, and who pages on is told that there may be others.
        assert page(as_of=0) == Accounts((), first)
        nothing = ledger_diff(view, since=0, until=0, first=10, examined=1)
        assert nothing == LedgerDiff((), first)


def test_what_changed_between_two_positions_is_what_the_entries_in_between_moved(
    pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    middle = history.position
    a_whole_journey(GRACE, history)
    projector.apply(history.facts)
    with as_viewer(pool, UUID(int=7), Role.AUDITOR) as view:
        everything = ledger_diff(view, since=0, until=history.position, first=10).changes
        assert [one.owner_id for one in everything] == sorted((ADA, GRACE))
        [hers] = ledger_diff(view, since=middle, until=history.position, first=10).changes
        assert (hers.owner_id, hers.before) == (GRACE, Held(0, 0, 0))
        entries = entries_of(view, GRACE, as_of=history.position, first=100, since=middle).items
        assert hers.entries == len(entries)
        assert hers.now == Held(entries[0].available, entries[0].reserved, entries[0].spent)
        since = entries[-2].position
        [hers] = ledger_diff(view, since=since, until=history.position, first=10).changes
        assert hers.entries == len(entries) - 2
        assert hers.before.available == entries[-2].available
        page = ledger_diff(view, since=0, until=history.position, first=1)
        assert page.more_behind == page.changes[0].owner_id
        assert ledger_diff(view, since=middle, until=middle, first=10) == LedgerDiff((), None)


def test_what_was_spent_is_counted_from_a_moment_on(
    pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        entries = statement(view, first=100).items
        assert spent_since(view, entries[-1].recorded_at) == balance(view).spent > 0
        for entry in entries:
            later = entry.recorded_at + timedelta(microseconds=1)
            before = next(one for one in entries if one.recorded_at < later)
            assert spent_since(view, later) == balance(view).spent - before.spent
    with as_viewer(pool, GRACE, Role.CREATOR) as view:
        assert spent_since(view, entries[-1].recorded_at) == 0


def test_a_statement_shows_jobs_or_all_else_however_much_of_the_other_lies_between(
    pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        entries = statement(view, first=100).items
        jobs_alone = statement(view, first=100, about=EntriesAbout.JOBS).items
        credits_alone = statement(view, first=100, about=EntriesAbout.CREDITS).items
        assert jobs_alone == tuple(one for one in entries if one.job_id is not None)
        assert credits_alone == tuple(one for one in entries if one.job_id is None)
        page = statement(view, first=1, about=EntriesAbout.CREDITS)
        assert page.items == credits_alone[:1]
        assert page.next is not None
        rest = statement(view, first=100, after=page.next, about=EntriesAbout.CREDITS)
        assert rest.items == credits_alone[1:]


def test_what_is_reserved_is_what_open_jobs_hold(
    database: str, pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    person, wallet = history.verified_person(GRACE), history.wallet_with_credits(GRACE)
    done = history.requested_pictures(person, None, wallet, "a bakery")
    history.finished(done, None, wallet)
    held = [history.requested_pictures(person, None, wallet, "a harbour") for _ in "ab"]
    projector.apply(history.facts)
    with as_viewer(pool, GRACE, Role.CREATOR) as view:
        found = holds(view)
        assert [one.job_id for one in found] == [job.id for job in reversed(held)]
        assert sum(one.millicredits for one in found) == balance(view).reserved > 0
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        assert holds(view) == []


def test_a_watermark_counts_once_every_partition_has_passed_it(
    pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    later = history.position + 100
    for partition in range(3):
        with as_viewer(pool, ADA, Role.CREATOR) as view:
            assert read_position(view) == history.position
        projector.note_watermarks({partition: later + partition}, partitions=3)
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        assert read_position(view) == later
    with as_viewer(pool, GRACE, Role.CREATOR) as stranger:
        assert read_position(stranger) == later


def test_who_is_parked_has_read_to_there_and_waits_for_nothing(
    pool: Pool, history: StudioHistory, projector: Projector
) -> None:
    before = history.position
    history.append(ADA, NOBODY, 1, "job.dreamed", b"{}")
    a_person_asks_for_one_more(history)
    projector.apply(history.facts)
    # No watermark lifts her, and nobody else is concerned.
    projector.note_watermarks({0: history.position}, partitions=1)
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        assert read_position(view) == before
        assert read_until(view, before) == before
        for position in (before + 1, history.position):
            with pytest.raises(ReadModelsParked) as parked:
                read_until(view, position)
            assert parked.value.position == before + 1
    with as_viewer(pool, GRACE, Role.CREATOR) as stranger:
        assert read_until(stranger, history.position) == history.position


def a_person_asks_for_one_more(history: StudioHistory) -> int:
    """Ada gets another picture, without a twin. Returns the position."""
    person, wallet = history.person(ADA), history.wallet(ADA)
    job = history.requested_pictures(person, None, wallet, "a second lighthouse", count=1)
    history.finished(job, None, wallet)
    return history.position
