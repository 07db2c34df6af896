"""Ten thousand items in a real browser: what exists of them, and that one's place is kept."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from adapters.postgres.embedded import EmbeddedPostgres
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.web.large_gallery import enlarge
from tests.web.signed_in import looked_at
from tests.web.stand import picture_files

ITEMS = 10_000
IN_THE_MIDDLE = "a lighthouse keeper in fog"
"""The one that is more than a row of the read model: something can be done with it."""

TILES_MAX = 300
"""More than five screens of them are nowhere."""
IN_VIEW = """
() => {
  const tiles = [...document.querySelectorAll('.picture-tile[data-id]')];
  const first = tiles.map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.top >= 56 && box.top < innerHeight)
    .sort(([, a], [, b]) => a.top - b.top || a.left - b.left)[0];
  return first ? [first[0].dataset.id, Math.round(first[1].top)] : null;
}
"""
ALL_IN_VIEW_ARE_THERE = """
() => {
  const seen = [...document.querySelectorAll('.picture-tile')].filter((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return bottom > 56 && top < innerHeight;
  });
  return seen.length > 3 && seen.every((one) => one.dataset.id);
}
"""
ALL_AROUND_ARE_THERE = """
() => {
  const all = [...document.querySelectorAll('.picture-tile')];
  const boxes = all.map((one) => one.getBoundingClientRect());
  const above = Math.min(scrollY, 1.5 * innerHeight);
  return all.every((one) => one.classList.contains('is-there'))
    && boxes.some(({ top }) => top <= 300 - above)
    && boxes.some(({ bottom }) => bottom >= 2.5 * innerHeight);
}
"""
"""Also what is drawn out of sight, frame by frame, so that nothing is asked for any more."""


@pytest.fixture(scope="module")
def ada(live: LiveStudio, postgres_server: EmbeddedPostgres) -> Creator:
    somebody = Creator(live).verified().rich()
    somebody.finished(somebody.images(count=1, prompt=IN_THE_MIDDLE), picture_files(1))
    enlarge(postgres_server.admin_url("test_large_gallery"), somebody, ITEMS)
    return somebody


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    """Ada's gallery, at its top."""
    with looked_at(browser, ada, "#/gallery") as page:
        expect(page.get_by_text(f"{ITEMS + 1:,} items")).to_be_visible()
        page.wait_for_function(ALL_IN_VIEW_ARE_THERE)
        yield page


def middle(page: Page) -> Locator:
    return page.get_by_role("link", name=f"Open {IN_THE_MIDDLE}")


def deep(page: Page) -> list[object]:
    """Scrolls to where nobody has been, and answers what stands there first, and where."""
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight * 0.5)")
    page.wait_for_function(ALL_IN_VIEW_ARE_THERE)
    middle(page).evaluate("(one) => one.scrollIntoView({ block: 'center' })")
    page.wait_for_function(ALL_IN_VIEW_ARE_THERE)
    # What came into view is kept with the entry of the history.
    page.wait_for_function("() => history.state?.place?.start")
    stands: list[object] = page.evaluate(IN_VIEW)
    return stands


def test_all_of_it_has_its_height_and_only_what_is_near_exists(page: Page) -> None:
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height > 100 * 800
    for share in (0.2, 0.5, 0.9, 1, 0):
        page.evaluate(
            "(share) => scrollTo(0, document.documentElement.scrollHeight * share)", share
        )
        page.wait_for_function(ALL_IN_VIEW_ARE_THERE)
        assert page.locator(".picture-tile").count() <= TILES_MAX
    # What was not known has been guessed well.
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(height, rel=0.2)


def test_the_place_is_kept_through_lightbox_star_back_and_reload(page: Page) -> None:
    stands = deep(page)
    tile = middle(page)
    tile.click()
    lightbox = page.get_by_role("dialog")
    star = lightbox.get_by_role("button", name="Favourite")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(lightbox).to_have_count(0)
    assert page.evaluate(IN_VIEW) == stands
    expect(tile).to_be_focused()
    expect(tile).to_have_accessible_name(f"Open {IN_THE_MIDDLE}, favourite")
    page.keyboard.press("f")
    expect(tile).to_have_accessible_name(f"Open {IN_THE_MIDDLE}")
    page.keyboard.press("f")
    expect(tile).to_have_accessible_name(f"Open {IN_THE_MIDDLE}, favourite")
    assert page.evaluate(IN_VIEW) == stands
    page.get_by_role("navigation", name="Studio").get_by_role("link", name="Queue").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    # Its heading is there before it has come itself.
    expect(tile).to_have_count(0)
    page.go_back()
    expect(tile).to_be_visible()
    assert page.evaluate(IN_VIEW) == stands
    page.reload()
    expect(tile).to_be_visible()
    page.wait_for_function(ALL_IN_VIEW_ARE_THERE)
    assert page.evaluate(IN_VIEW) == stands


def test_a_reload_within_the_lightbox_leads_back_to_where_the_picture_stood(page: Page) -> None:
    stands = deep(page)
    middle(page).click()
    lightbox = page.get_by_role("dialog")
    expect(lightbox.locator(".stage-full")).to_be_visible()
    page.reload()
    expect(lightbox.locator(".stage-full")).to_be_visible()
    page.keyboard.press("Escape")
    expect(lightbox).to_have_count(0)
    page.wait_for_function(ALL_IN_VIEW_ARE_THERE)
    assert page.evaluate(IN_VIEW) == stands


def test_one_new_picture_costs_two_requests_at_most_and_moves_nothing(
    page: Page, ada: Creator
) -> None:
    asked: list[Request] = []
    newest = page.locator(".picture-tile").first.get_attribute("data-id")
    page.wait_for_function(ALL_AROUND_ARE_THERE)
    page.on("request", lambda request: asked.append(request))
    ada.finished(ada.images(count=1), picture_files(2))
    expect(page.locator(".picture-tile").first).not_to_have_attribute("data-id", str(newest))
    expect(page.locator(".picture-tile.is-there").first).to_have_attribute("aria-posinset", "1")
    assert len(asked) <= 2, [one.url for one in asked]
    stands = deep(page)
    page.wait_for_function(ALL_AROUND_ARE_THERE)
    asked.clear()
    ada.finished(ada.images(count=1), picture_files(3))
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    assert page.evaluate(IN_VIEW) == stands
    assert len(asked) <= 2, [one.url for one in asked]
    page.get_by_role("button", name="1 new").click()
    page.wait_for_function("() => scrollY === 0")
    expect(page.get_by_role("button", name="1 new")).to_have_count(0)
    expect(page.get_by_text(f"{ITEMS + 3:,} items")).to_be_visible()


def test_stacks_have_their_height_and_one_is_opened_and_left_where_it_stood(
    browser: Browser, ada: Creator, postgres_server: EmbeddedPostgres
) -> None:
    with psycopg.connect(postgres_server.admin_url("test_large_gallery"), autocommit=True) as admin:
        admin.execute(
            "UPDATE views.assets AS a SET stack_id = lpad(to_hex(n.place / 5), 32, '0')::uuid"
            " FROM (SELECT asset_id, row_number() OVER"
            " (ORDER BY released_position DESC, asset_id DESC) - 1 AS place"
            " FROM views.assets WHERE owner_id = %(owner)s) AS n"
            " WHERE a.owner_id = %(owner)s AND a.asset_id = n.asset_id",
            {"owner": ada.person},
        )
        (items,) = admin.execute(
            "SELECT count(*) FROM views.assets WHERE owner_id = %s", [ada.person]
        ).fetchone() or (0,)
    with looked_at(browser, ada, "#/gallery") as page:
        page.get_by_role("button", name="Stacks").click()
        expect(page.get_by_text(f"{(items + 4) // 5:,} tiles")).to_be_visible()
        page.wait_for_function(ALL_IN_VIEW_ARE_THERE)
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight * 0.5)")
        page.wait_for_function(ALL_IN_VIEW_ARE_THERE)
        # Which has no `start` where it is the first of its month.
        page.wait_for_function("() => history.state?.place?.id")
        stands = page.evaluate(IN_VIEW)
        tile = page.locator(f'[data-id="{stands[0]}"] a')
        expect(tile).to_have_accessible_name(re.compile("^Open 5 made together"))
        tile.click()
        expect(page.get_by_role("heading", name="5 items, made together")).to_be_visible()
        expect(page.locator(".picture-tile")).to_have_count(5)
        page.go_back()
        expect(page.get_by_text(f"{(items + 4) // 5:,} tiles")).to_be_visible()
        # As soon as what stands above it in its month is known, too.
        page.wait_for_function(f"(stood) => `${{({IN_VIEW})()}}` === `${{stood}}`", arg=stands)
        expect(tile).to_be_focused()
        expect(page.locator(".picture-tile[data-id]").first).to_be_attached()
        names = page.locator(".picture-tile").evaluate_all("all => all.map(one => one.dataset.id)")
        assert len(names) == len(set(names))
