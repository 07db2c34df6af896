"""A studio at a plain address of a home network, where browsers hold some things back."""

import base64
import hashlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from adapters.postgres.embedded import EmbeddedPostgres
from tests.api.creator import PASSWORD, Creator
from tests.api.live_studio import LiveStudio, live_studio
from tests.conftest import TEMPLATE
from tests.web.browser import PATIENCE_MS, chromium

HOST = "studio.home.arpa"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(f"--host-resolver-rules=MAP {HOST} 127.0.0.1") as running:
        yield running


@pytest.fixture(scope="module")
def live(
    browser: Browser, postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveStudio]:
    postgres_server.create_database("plain", template=TEMPLATE)
    with live_studio(postgres_server.url("plain"), tmp_path_factory.mktemp("plain")) as found:
        yield found


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    somebody = Creator(live)
    somebody.trained()
    return somebody


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(ada.live.url.replace("127.0.0.1", HOST))
    assert page.evaluate("() => [typeof crypto.randomUUID, typeof crypto.subtle]") == (
        ["undefined"] * 2
    )
    page.get_by_label("E-mail address").fill(ada.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Studio")).to_be_visible()
    yield page
    page.close()
    assert errors == []


def test_pictures_are_asked_for(page: Page, ada: Creator) -> None:
    page.get_by_role("navigation", name="Studio").get_by_role("link", name="Create").click()
    page.get_by_label("Prompt", exact=True).fill("smiling, green top")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    ada.live.settle()
    states = [edge["node"]["state"] for edge in ada.run("Jobs", first=5)["jobs"]["edges"]]
    assert "REQUESTED" in states


def test_a_digest_is_the_one_that_everybody_else_finds(page: Page) -> None:
    for size in (0, 1, 55, 56, 63, 64, 119, 120, 70_000):
        data = bytes((31 * place + size) % 256 for place in range(size))
        found = page.evaluate(
            "async data => (await import('/web/studio/plain_http.js'))"
            ".sha256(Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer)",
            base64.b64encode(data).decode(),
        )
        assert found == hashlib.sha256(data).hexdigest()
