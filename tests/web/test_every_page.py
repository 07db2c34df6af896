"""What holds of every page: anybody can use it, on any screen, and the browser has no complaint."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from domain.kernel.role import Role
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.api.node_clients import node_modules
from tests.web.signed_in import patient, sign_in, stands
from tests.web.staffed import staffed
from tests.web.stand import furnished

# Which words reach beyond the window, if it can be scrolled there.
TOO_WIDE = """() => {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [location.hash];
  while (words.nextNode()) {
    const range = document.createRange();
    range.selectNode(words.currentNode);
    if (range.getBoundingClientRect().right > innerWidth) found.push(words.currentNode.data);
  }
  return found;
}"""
PAGES = (
    "welcome",
    "create",
    "gallery",
    "twins",
    "queue",
    "credits",
    "settings",
    "password",
    "nowhere",
)
STAFF = {"operator": Role.OPERATOR, "auditor": Role.AUDITOR}
WIDTHS = (320, 375, 768, 1440)
HEIGHT = 800
HEADER_MAX_PX = 56
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Creator:
    """Has something on every page."""
    found = furnished(live, pictures=6)
    staffed(live)
    return found


@pytest.fixture(scope="module")
def axe() -> str:
    return (node_modules() / "axe-core" / "axe.min.js").read_text()


@pytest.fixture(params=["light", "dark"])
def opened(
    request: pytest.FixtureRequest, browser: Browser, ada: Creator
) -> Iterator[BrowserContext]:
    """Ada has signed in, in a browser of either colours."""
    with browser.new_context(color_scheme=request.param) as context:
        sign_in(shown(context), ada)
        yield context


def shown(context: BrowserContext) -> Page:
    page = context.new_page()
    patient(page)
    return page


def goes_by_address(page: Page, ada: Creator, name: str) -> None:
    """Until the page of this name is there."""
    page.goto(f"{ada.live.url}/#/{name}")
    stands(page, "not-found" if name == "nowhere" else name)


def at_every_page(page: Page, ada: Creator) -> Iterator[str]:
    """Goes to one after the other; to those of staff with the role that has them."""
    for name in PAGES:
        goes_by_address(page, ada, name)
        yield name
    for name, role in STAFF.items():
        ada.live.accounts.set_role(ada.person, role)
        page.reload()
        goes_by_address(page, ada, name)
        if name == "auditor":
            page.locator(".audit-owners a").first.click()
            expect(page.locator(".audit-statement table")).to_be_visible()
            page.locator(".audit-chain form button").click()
            expect(page.locator(".audit-verdict")).to_be_visible()
        yield name
    ada.live.accounts.set_role(ada.person, Role.CREATOR)


def found_by(page: Page, axe: str) -> list[Any]:
    """What is wrong with it, each with the first element of which it is."""
    page.evaluate(axe)
    answer = page.evaluate(
        "rules => axe.run({ runOnly: rules, resultTypes: ['violations'], preload: false })", RULES
    )
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in answer["violations"]
    ]


def test_axe_finds_nothing_and_nothing_is_too_wide(
    opened: BrowserContext, ada: Creator, axe: str
) -> None:
    page = opened.pages[0]
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    wrong: list[Any] = []
    for name in at_every_page(page, ada):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            place = (name, width)
            wrong += [(*place, *one) for one in found_by(page, axe)]
            wrong += [(*place, one) for one in page.evaluate(TOO_WIDE)]
            header = page.locator("header.bar").bounding_box()
            if header is None or header["height"] > HEADER_MAX_PX:
                wrong.append((*place, "header", header))
    assert wrong == []
    # Samples are not there in a studio of a test: a browser says so of every answer that is a 404.
    assert [text for text in complaints if "404" not in text] == []


def test_axe_finds_nothing_before_one_is_signed_in(
    browser: Browser, live: LiveStudio, axe: str
) -> None:
    for scheme in ("light", "dark"):
        with browser.new_context(color_scheme=scheme) as context:
            page = shown(context)
            page.goto(live.url)
            expect(page.get_by_label("E-mail address")).to_be_visible()
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": HEIGHT})
                assert found_by(page, axe) == []
                assert page.evaluate(TOO_WIDE) == []


def test_words_that_are_longer_by_two_fifths_have_room(browser: Browser, ada: Creator) -> None:
    with browser.new_context(viewport={"width": 375, "height": HEIGHT}) as context:
        page = shown(context)
        sign_in(page, ada)
        page.evaluate("localStorage.setItem('suite.locale', 'pseudo')")
        page.reload()
        wide: list[str] = []
        for _ in at_every_page(page, ada):
            wide += page.evaluate(TOO_WIDE)
        assert wide == []
        page.reload()
        # All words of the page come from its words: none is left in English.
        for name in ("credits", "settings", "twins"):
            goes_by_address(page, ada, name)
            headings = page.locator(".page h2").all_inner_texts()
            assert headings
            names = {"Nova", "Not yet", "Ada at work"}
            assert [
                text for text in headings if not text.startswith("[") and text not in names
            ] == []


def test_at_twice_the_size_nothing_scrolls_sideways(browser: Browser, ada: Creator) -> None:
    # Twice the size of a window of 640 pixels is what 320 are.
    with browser.new_context(
        viewport={"width": 320, "height": 256}, device_scale_factor=2
    ) as context:
        page = shown(context)
        sign_in(page, ada)
        for _ in at_every_page(page, ada):
            assert page.evaluate(TOO_WIDE) == []
