"""A studio at a plain address of a home network, where browsers hold some things back."""

import base64
import hashlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.web.browser import chromium
from tests.web.signed_in import goes_to, patient, sign_in

HOST = "studio.home.arpa"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(f"--host-resolver-rules=MAP {HOST} 127.0.0.1") as running:
        yield running


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    somebody = Creator(live)
    somebody.trained()
    return somebody


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    page = browser.new_page()
    patient(page)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(ada.live.url.replace("127.0.0.1", HOST))
    assert page.evaluate("() => [typeof crypto.randomUUID, typeof crypto.subtle]") == (
        ["undefined"] * 2
    )
    sign_in(page, ada, ada.live.url.replace("127.0.0.1", HOST))
    yield page
    page.close()
    assert errors == []


def test_pictures_are_asked_for(page: Page, ada: Creator) -> None:
    goes_to(page, "Create")
    page.get_by_label("Prompt", exact=True).fill("smiling, green top")
    page.get_by_role("button", name="Create 4 · 0.4 credits").click()
    expect(page.get_by_role("article", name="smiling, green top")).to_be_visible()
    ada.live.settle()
    states = [edge["node"]["state"] for edge in ada.run("Jobs", first=5)["jobs"]["edges"]]
    assert "REQUESTED" in states


def test_a_digest_is_the_one_that_everybody_else_finds(page: Page) -> None:
    for size in (0, 1, 55, 56, 63, 64, 119, 120, 70_000):
        data = bytes((31 * place + size) % 256 for place in range(size))
        found = page.evaluate(
            "async data => (await import('/web/studio/core/sha256.js'))"
            ".sha256(Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer)",
            base64.b64encode(data).decode(),
        )
        assert found == hashlib.sha256(data).hexdigest()


def test_that_there_are_no_notifications_is_said(page: Page) -> None:
    goes_to(page, "Settings")
    expect(page.get_by_text("Browsers allow notifications at https only")).to_be_visible()
    expect(page.get_by_label("Tell me when a training or a job ends")).to_be_disabled()
