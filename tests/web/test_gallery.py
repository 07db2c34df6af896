"""The gallery in a real browser: what is found in it, done with many at once, hidden, deleted."""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from adapters.postgres.embedded import EmbeddedPostgres
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.web.signed_in import goes_to, looked_at, patient, sign_in
from tests.web.stand import picture_files

PROMPTS = ("a red scarf", "a green top", "a café in fog")


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    """Has a twin, and three pictures, of which the first is of her twin."""
    somebody = Creator(live)
    twin = somebody.trained()
    for number, prompt in enumerate(PROMPTS):
        of = None if number else twin
        somebody.finished(somebody.images(of, count=1, prompt=prompt), picture_files(number))
    return somebody


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    with looked_at(browser, ada, "#/gallery") as page:
        expect(page.get_by_text("3 items")).to_be_visible()
        yield page


def test_what_is_looked_for_stands_in_the_address_and_outlives_a_reload(page: Page) -> None:
    page.get_by_label("Search prompts").fill("cafe")
    expect(page.get_by_text("1 item", exact=True)).to_be_visible()
    assert page.url.endswith("#/gallery?q=cafe")
    expect(page.get_by_role("link", name="Open a café in fog")).to_be_visible()
    page.reload()
    expect(page.get_by_text("1 item", exact=True)).to_be_visible()
    expect(page.get_by_label("Search prompts")).to_have_value("cafe")
    page.get_by_role("button", name="Remove the filter").click()
    expect(page.get_by_text("3 items")).to_be_visible()
    expect(page.get_by_label("Search prompts")).to_have_value("")


def test_a_late_answer_does_not_overwrite_what_was_asked_for_since(page: Page) -> None:
    held: list[Route] = []
    page.route(
        "**/graphql",
        lambda route: (
            held.append(route)
            if '"text":"red"' in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    page.get_by_label("Search prompts").fill("red")
    page.wait_for_url("**q=red")
    page.get_by_label("Search prompts").fill("green")
    expect(page.get_by_role("link", name="Open a green top")).to_be_visible()
    expect(page.get_by_text("1 item", exact=True)).to_be_visible()
    with page.expect_response(lambda answer: '"text":"red"' in str(answer.request.post_data)):
        for route in held:
            route.continue_()
    expect(page.get_by_role("link", name="Open a green top")).to_be_visible()
    expect(page.get_by_role("link", name="Open a red scarf")).to_have_count(0)


def test_what_matches_nothing_says_so_and_leads_back(page: Page) -> None:
    page.get_by_label("Twin").select_option(label="Ada at work")
    expect(page.get_by_text("1 item", exact=True)).to_be_visible()
    page.get_by_role("button", name="Favourites").click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.locator(".empty").get_by_role("button", name="Clear filters").click()
    expect(page.get_by_text("3 items")).to_be_visible()
    assert page.url.endswith("#/gallery")


def test_an_empty_gallery_leads_to_create(browser: Browser, live: LiveStudio) -> None:
    page = browser.new_page()
    patient(page)
    sign_in(page, Creator(live).verified(), f"{live.url}/#/gallery")
    expect(page.get_by_role("heading", name="Your pictures will live here")).to_be_visible()
    expect(page.locator(".empty").get_by_role("link", name="Create")).to_be_visible()
    page.close()


def test_what_cannot_be_shown_says_why_and_is_tried_again(page: Page) -> None:
    page.route("**/graphql", lambda route: route.abort())
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute("**/graphql")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_by_keyboard_one_goes_marks_selects_deletes_and_undoes(page: Page, ada: Creator) -> None:
    page.keyboard.press("/")
    expect(page.get_by_label("Search prompts")).to_be_focused()
    newest = page.get_by_role("link", name="Open a café in fog")
    expect(newest).to_have_attribute("tabindex", "0")
    newest.focus()
    page.keyboard.press("f")
    expect(page.get_by_role("link", name="Open a café in fog, favourite")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="Open a green top")).to_be_focused()
    expect(page.get_by_role("listitem").filter(has=page.locator(":focus"))).to_have_attribute(
        "aria-posinset", "2"
    )
    page.keyboard.press("x")
    expect(page.get_by_role("toolbar", name="Selected")).to_contain_text("1 selected")
    page.keyboard.press("End")
    page.keyboard.press("Shift+X")
    expect(page.get_by_role("toolbar", name="Selected")).to_contain_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar", name="Selected")).to_have_count(0)
    page.keyboard.press("Delete")
    expect(page.get_by_role("link", name="Open a red scarf")).to_have_count(0)
    expect(page.get_by_role("link", name="Open a green top")).to_be_focused()
    expect(page.get_by_text("1 picture moved to the trash.")).to_be_visible()
    ada.live.settle()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Open a red scarf")).to_be_visible()
    ada.live.settle()
    assert len(ada.gallery()) == len(PROMPTS)


def test_many_at_once_go_into_a_collection_and_to_the_trash(page: Page, ada: Creator) -> None:
    page.get_by_role("button", name="Select a café in fog").click(force=True)
    page.get_by_role("button", name="Select all 3").click()
    page.get_by_role("button", name="Add to collection").click()
    page.get_by_role("dialog").get_by_role("button", name="New collection").click()
    page.get_by_label("Name").fill("Winter")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_text("3 pictures added to “Winter”.")).to_be_visible()
    ada.live.settle()
    page.get_by_role("link", name="Winter").click()
    expect(page.get_by_text("3 items")).to_be_visible()
    page.get_by_role("link", name="Open a green top").focus()
    page.keyboard.press("x")
    page.get_by_role("toolbar", name="Selected").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 picture moved to the trash.")).to_be_visible()
    expect(page.get_by_text("2 items")).to_be_visible()
    ada.live.settle()
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_role("link", name="Open a green top")).to_be_visible()
    expect(page.get_by_text("Deleted in 30 days")).to_be_visible()


def test_the_trash_is_not_emptied_by_one_click(page: Page, ada: Creator) -> None:
    page.get_by_role("link", name="Open a green top").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_text("1 picture moved to the trash.")).to_be_visible()
    ada.live.settle()
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Empty the trash").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete 1 item for ever?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="Open a green top")).to_be_visible()
    page.get_by_role("button", name="Empty the trash").click()
    dialog.get_by_role("button", name="Empty the trash").click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    ada.live.settle()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    assert len(ada.gallery()) == len(PROMPTS) - 1


def test_many_at_once_are_downloaded_in_one_file(page: Page) -> None:
    page.get_by_role("button", name="Select a café in fog").click(force=True)
    page.get_by_role("button", name="Select a red scarf").click(force=True, modifiers=["Shift"])
    with page.expect_download() as begun:
        page.get_by_role("toolbar").get_by_role("button", name="Download").click()
    assert begun.value.suggested_filename.endswith(".zip")


def test_what_is_hidden_elsewhere_leaves_a_gallery_that_was_visited_later(
    browser: Browser, ada: Creator
) -> None:
    [twin] = [edge["node"]["id"] for edge in ada.run("Viewer")["twins"]["edges"]]
    with looked_at(browser, ada, "#/credits") as page:
        goes_to(page, "Gallery")
        expect(page.get_by_text("3 items")).to_be_visible()
        ada.did("withdrawConsent", twin=twin)
        ada.live.settle()
        expect(page.get_by_text("2 items")).to_be_visible()
        expect(page.get_by_role("link", name="Open a red scarf")).to_have_count(0)


def test_what_withdrawal_has_hidden_waits_marked_until_it_is_decided(
    page: Page, ada: Creator
) -> None:
    [twin] = [edge["node"]["id"] for edge in ada.run("Viewer")["twins"]["edges"]]
    ada.did("withdrawConsent", twin=twin)
    ada.live.settle()
    page.reload()
    expect(page.get_by_text("1 item waits for your decision")).to_be_visible()
    expect(page.get_by_role("link", name="Open a red scarf")).to_have_count(0)
    page.get_by_role("link", name="Look at them").click()
    hidden = page.get_by_role("link", name="Open a red scarf")
    expect(hidden).to_contain_text("Hidden")
    page.get_by_role("button", name="Delete all").click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete 1 item for ever?")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Keep all").click()
    expect(page.get_by_text("All of them are kept.")).to_be_visible()
    ada.live.settle()
    expect(page.get_by_role("heading", name="Nothing waits for your decision")).to_be_visible()
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_role("link", name="Open a red scarf")).to_be_visible()


def test_what_was_made_together_is_one_tile_that_opens_and_is_come_back_to(
    page: Page, ada: Creator
) -> None:
    ada.finished(ada.images(count=3, prompt="three at once"), picture_files(5))
    expect(page.get_by_text("6 items")).to_be_visible()
    page.get_by_role("button", name="Stacks").click()
    expect(page.get_by_text("4 tiles")).to_be_visible()
    stack = page.get_by_role("link", name="Open 3 made together: three at once")
    stack.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="3 items, made together")).to_be_visible()
    expect(page.get_by_role("link", name="Open three at once").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".lightbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".lightbox")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_text("4 tiles")).to_be_visible()
    expect(stack).to_be_focused()
    # What is made of one of them comes to lie on top.
    [source, *_] = [one for one in ada.gallery() if one["prompt"] == "three at once"]
    ada.finished(ada.images(count=1, prompt="one more", source=source["id"]), picture_files(6))
    stack = page.get_by_role("link", name="Open 4 made together: one more")
    expect(stack).to_be_visible()
    expect(page.get_by_text("4 tiles")).to_be_visible()
    page.reload()
    expect(stack).to_be_visible()
    # What is done with the tile is done with all that lies under it.
    stack.focus()
    page.keyboard.press("x")
    expect(page.get_by_role("toolbar", name="Selected")).to_contain_text("4 selected")
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(page.get_by_text("4 pictures moved to the trash.")).to_be_visible()
    expect(page.get_by_text("3 tiles")).to_be_visible()
    ada.live.settle()
    assert len(ada.gallery()) == len(PROMPTS)
    page.get_by_role("button", name="Undo").click()
    expect(stack).to_be_visible()


def test_what_is_stronger_than_one_shows_is_blurred_or_left_out(
    page: Page, ada: Creator, postgres_server: EmbeddedPostgres
) -> None:
    with psycopg.connect(postgres_server.admin_url("test_gallery"), autocommit=True) as admin:
        admin.execute(
            "UPDATE views.assets SET rating = 'suggestive' WHERE owner_id = %s AND prompt = %s",
            [ada.person, PROMPTS[1]],
        )
    goes_to(page, "Settings")
    page.get_by_role("radio", name="General only").check()
    expect(page.get_by_text("in this browser only")).to_be_visible()
    goes_to(page, "Gallery")
    tile = page.get_by_role("link", name="Open a green top")
    expect(tile.locator("img.is-veiled")).to_have_count(1)
    expect(page.locator("img.is-veiled")).to_have_count(1)
    tile.click()
    picture = page.locator(".lightbox").get_by_role("img", name="a green top")
    expect(page.get_by_text("Stronger than what you show")).to_be_visible()
    expect(picture).to_have_count(0)
    page.get_by_role("button", name="Show it").click()
    expect(picture).to_be_visible()
    page.keyboard.press("Escape")
    goes_to(page, "Settings")
    page.get_by_role("radio", name="Left out of the gallery").check()
    goes_to(page, "Gallery")
    expect(page.get_by_text("2 items")).to_be_visible()
    expect(tile).to_have_count(0)
    page.reload()
    expect(page.get_by_text("2 items")).to_be_visible()


@pytest.mark.parametrize("width", [320, 375, 768, 1440])
def test_nothing_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    expect(page.get_by_text("3 items")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("link", name="Open a green top").click()
    expect(page.get_by_role("dialog").locator(".stage-full")).to_be_visible()
    for name in ("Favourite", "Info", "Delete"):
        expect(page.get_by_role("dialog").get_by_role("button", name=name)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == width
