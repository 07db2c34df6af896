"""Somebody signs in at the page, as a person does."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.api.creator import PASSWORD, Creator
from tests.web.browser import PATIENCE_MS

DESK: ViewportSize = {"width": 1280, "height": 800}


def patient(page: Page) -> None:
    """Waits for what a busy machine takes."""
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)


def sign_in(page: Page, creator: Creator, url: str | None = None) -> None:
    """At this address, or the studio's own."""
    page.goto(url or creator.live.url)
    page.get_by_label("E-mail address").fill(creator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Studio")).to_be_visible()


@contextmanager
def looked_at(browser: Browser, creator: Creator, place: str = "") -> Iterator[Page]:
    """They have signed in at a place like "#/gallery", in a browser that knows nothing of before.

    Whatever is done then, no script of the page fails and its policy forbids nothing.
    """
    complaints: list[str] = []
    with browser.new_context(viewport=DESK) as context:
        page = context.new_page()
        patient(page)
        page.on("pageerror", lambda error: complaints.append(f"{error}\n{error.stack}"))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
        )
        sign_in(page, creator, f"{creator.live.url}/{place}")
        yield page
    assert complaints == [], complaints


def stands(page: Page, name: str) -> None:
    """The page of this name is there, with what it shows; "not-found" is one, too."""
    expect(page.locator(f".page-{name} > *").first).to_be_visible()
    expect(page.locator(".page .skeleton:visible")).to_have_count(0)


def goes_to(page: Page, place: str) -> None:
    """Follows a link of the navigation."""
    page.get_by_role("navigation", name="Studio").get_by_role("link", name=place).click()
