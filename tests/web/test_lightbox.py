"""One picture that is looked at in full, in a real browser: what leads away from it and back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.web.signed_in import goes_to, looked_at
from tests.web.stand import picture_files

PROMPTS = ("a red scarf", "a green top", "a café in fog")


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    """Has three pictures, the newest is of a café."""
    somebody = Creator(live).verified().rich()
    for number, prompt in enumerate(PROMPTS):
        job = somebody.images(count=1, prompt=prompt, seed=40 + number)
        somebody.finished(job, picture_files(number))
    return somebody


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    """Ada looks at the picture in the middle."""
    with looked_at(browser, ada, "#/gallery") as page:
        page.get_by_role("link", name="Open a green top").click()
        expect(lightbox(page).locator("[data-is=there]")).to_be_visible()
        yield page


def lightbox(page: Page) -> Locator:
    return page.locator(".lightbox")


def test_a_star_leaves_it_open_and_the_list_as_it_is(page: Page, ada: Creator) -> None:
    star = lightbox(page).get_by_role("button", name="Favourite")
    with page.expect_response("**/graphql"):
        page.keyboard.press("f")
    expect(star).to_have_attribute("aria-pressed", "true")
    ada.live.settle()
    assert [item["favourite"] for item in ada.gallery()] == [False, True, False]
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")
    expect(lightbox(page)).to_be_visible()


def test_a_star_that_the_studio_does_not_take_is_taken_back_and_says_why(page: Page) -> None:
    star = lightbox(page).get_by_role("button", name="Favourite")
    page.route("**/graphql", lambda route: route.fulfill(status=200, json={"errors": [{}]}))
    star.click()
    expect(lightbox(page).get_by_role("alert")).to_contain_text("could not answer")
    expect(star).to_have_attribute("aria-pressed", "false")
    page.unroute("**/graphql")
    lightbox(page).get_by_role("button", name="Try again").click()
    expect(lightbox(page).get_by_role("alert")).to_have_count(0)


def test_arrows_leaf_through_and_back_leads_to_the_gallery_at_once(page: Page) -> None:
    page.keyboard.press("ArrowRight")
    expect(lightbox(page).get_by_role("img", name="a red scarf")).to_be_visible()
    expect(lightbox(page).get_by_role("button", name="Next")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(lightbox(page).get_by_role("img", name="a café in fog")).to_be_visible()
    page.go_back()
    expect(lightbox(page)).to_have_count(0)
    assert page.url.endswith("#/gallery")
    expect(page.get_by_role("link", name="Open a café in fog")).to_be_focused()


def test_it_has_an_address_that_can_be_come_back_to(page: Page) -> None:
    page.reload()
    expect(lightbox(page).get_by_role("img", name="a green top")).to_be_visible()
    page.keyboard.press("Escape")
    expect(lightbox(page)).to_have_count(0)
    expect(page.get_by_text("3 items")).to_be_visible()
    page.goto(f"{page.url.split('#')[0]}#/gallery/QXNzZXQ6bm9uZQ==")
    expect(lightbox(page).get_by_role("alert")).to_contain_text("not here any more")
    lightbox(page).get_by_role("button", name="To the gallery").click()
    expect(page.get_by_text("3 items")).to_be_visible()


def test_a_reload_while_the_keys_are_listed_leaves_no_step_of_back_that_does_nothing(
    page: Page,
) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.reload()
    expect(lightbox(page).get_by_role("img", name="a green top")).to_be_visible()
    page.go_back()
    expect(lightbox(page)).to_have_count(0)
    expect(page.get_by_text("3 items")).to_be_visible()


def test_its_neighbours_stand_under_it_and_lead_there(page: Page) -> None:
    strip = lightbox(page).get_by_role("navigation", name="Around it")
    expect(strip.get_by_role("link")).to_have_count(3)
    here = strip.get_by_role("link", name="Show a green top")
    expect(here).to_have_attribute("aria-current", "true")
    strip.get_by_role("link", name="Show a red scarf").click()
    expect(lightbox(page).get_by_role("img", name="a red scarf")).to_be_visible()
    expect(here).not_to_have_attribute("aria-current", "true")
    page.go_back()
    expect(lightbox(page)).to_have_count(0)


def test_two_are_compared_under_a_line_that_moves_or_side_by_side(page: Page) -> None:
    page.keyboard.press("c")
    line = lightbox(page).get_by_role("slider", name="Where one ends and the other begins")
    shown = lightbox(page).get_by_role("img")
    expect(shown).to_have_count(2)
    line.focus()
    page.keyboard.press("ArrowRight")
    expect(line).to_have_value("51")
    assert "51%" in page.locator("picture-slider .over").evaluate(
        "one => getComputedStyle(one).clipPath"
    )
    page.keyboard.press("Escape")
    expect(line).to_have_count(0)
    expect(shown).to_have_count(1)
    lightbox(page).get_by_role("button", name="Compare two").click()
    lightbox(page).get_by_role("button", name="Side by side").click()
    expect(lightbox(page).locator("figure")).to_have_count(2)
    expect(lightbox(page).get_by_role("img", name="a red scarf")).to_be_visible()
    # The other one is leafed through, past the one that it stands beside.
    page.keyboard.press("ArrowLeft")
    expect(lightbox(page).get_by_role("img", name="a café in fog")).to_be_visible()
    page.reload()
    for name in ("a green top", "a café in fog"):
        expect(lightbox(page).get_by_role("img", name=name)).to_be_visible()
    page.keyboard.press("c")
    expect(shown).to_have_count(1)
    page.keyboard.press("Escape")
    expect(lightbox(page)).to_have_count(0)


def test_tab_stays_inside_and_what_lies_under_it_cannot_be_reached(page: Page) -> None:
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body "
            "|| Boolean(document.activeElement.closest('.lightbox'))"
        )
    expect(page.locator("main")).to_have_attribute("inert", "")


def test_everything_about_it_is_said_in_words(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("i")
    about = page.get_by_role("complementary", name="About it")
    expect(about).to_contain_text("It shows one person and nobody else.")
    expect(about).to_contain_text("41")
    about.get_by_role("button", name="Copy the seed").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "41"
    about.get_by_role("button", name="Copy the prompt").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'a green top'")
    about.locator(".credentials summary").click()
    expect(about).to_contain_text("generated by an AI")
    said = about.inner_text()
    assert "_" not in said
    assert "bytes" not in said
    page.keyboard.press("i")
    expect(about).to_have_count(0)


def test_every_picture_says_that_it_is_generated_and_opens_its_credentials(page: Page) -> None:
    lightbox(page).get_by_role("button", name="AI-generated").click()
    expect(page.get_by_role("complementary", name="About it")).to_contain_text(
        "Content credentials"
    )


def test_what_is_deleted_makes_room_for_the_next_and_comes_back(page: Page, ada: Creator) -> None:
    page.keyboard.press("Delete")
    expect(lightbox(page).get_by_role("img", name="a red scarf")).to_be_visible()
    expect(page.get_by_text("1 picture moved to the trash.")).to_be_visible()
    ada.live.settle()
    assert len(ada.gallery()) == 2
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("3 items")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(lightbox(page).get_by_role("img", name="a green top")).to_be_visible()
    ada.live.settle()
    assert len(ada.gallery()) == 3


def test_from_the_trash_it_goes_for_ever_only_when_that_is_meant(page: Page, ada: Creator) -> None:
    page.keyboard.press("Delete")
    expect(page.get_by_text("1 picture moved to the trash.")).to_be_visible()
    ada.live.settle()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("link", name="Open a green top").click()
    page.keyboard.press("Delete")
    asked = page.get_by_role("dialog", name="Delete it for ever?")
    expect(asked).to_be_visible()
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    expect(lightbox(page)).to_be_visible()
    lightbox(page).get_by_role("button", name="Delete for ever").click()
    asked.get_by_role("button", name="Delete for ever").click()
    expect(lightbox(page)).to_have_count(0)
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_it_is_downloaded_with_its_credentials(page: Page) -> None:
    with page.expect_download() as begun:
        lightbox(page).get_by_role("link", name="Download PNG").click()
    assert begun.value.suggested_filename.endswith(".png")
    with page.expect_download() as again:
        page.keyboard.press("d")
    assert again.value.suggested_filename.endswith(".png")


def test_it_is_looked_at_closely_and_leads_to_create(page: Page) -> None:
    picture = lightbox(page).locator(".stage-full")
    page.keyboard.press(" ")
    expect(picture).to_have_attribute("style", "transform: translate(0px, 0px) scale(2);")
    page.keyboard.press(" ")
    expect(picture).to_have_attribute("style", "")
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.wheel(0, -400)
    page.wait_for_function("() => document.querySelector('.stage-full').style.transform !== ''")
    same = lightbox(page).get_by_role("link", name="Use settings").get_attribute("href")
    like = lightbox(page).get_by_role("link", name="More like this").get_attribute("href")
    assert same is not None
    assert like is not None
    assert same.startswith("#/create?draft=")
    assert like.startswith("#/create?source=")


def test_one_that_comes_while_it_is_open_changes_nothing_of_it(page: Page, ada: Creator) -> None:
    shown = lightbox(page).locator(".stage-full").element_handle()
    ada.finished(ada.images(count=1, prompt="a new one"), picture_files(3))
    expect(page.locator(".picture-tile")).to_have_count(4)
    assert shown is not None
    assert shown.evaluate("one => one.isConnected")
    page.keyboard.press("Escape")
    expect(page.get_by_text("4 items")).to_be_visible()
    goes_to(page, "Queue")
    expect(lightbox(page)).to_have_count(0)
