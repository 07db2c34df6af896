"""What is live on the page: over one line a tab, which comes back whatever happens to it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, expect

from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.web.browser import PATIENCE_MS
from tests.web.signed_in import goes_to, sign_in

TABS = 8
"""More than a browser has connections for one studio."""


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    return Creator(live).verified().rich()


@pytest.fixture
def tabs(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield context
    context.close()


class Line:
    """A line to a server that can go dead without a word: whatever is sent on it is swallowed."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._dead = threading.Event()
        self._open: list[socket.socket] = []
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def goes_dead(self) -> None:
        """Every connection that is open now; those that are begun later are not."""
        self._dead.set()
        self._dead = threading.Event()

    def close(self) -> None:
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
                self._open += [client, server]
                for one, other in ((client, server), (server, client)):
                    copied = (one, other, self._dead)
                    threading.Thread(target=self._copy, args=copied, daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket, dead: threading.Event) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                if not dead.is_set():
                    other.sendall(data)
            if not dead.is_set():
                other.shutdown(socket.SHUT_WR)


def shows(page: Page, credits: int) -> None:
    expect(page.locator("#balance")).to_contain_text(f"{credits} credits")


def pays(ada: Creator) -> None:
    """Ten credits more."""
    ada.rich()
    ada.live.settle()


def test_eight_tabs_are_all_alive(tabs: BrowserContext, ada: Creator) -> None:
    pages = [tabs.new_page() for _ in range(TABS)]
    sign_in(pages[0], ada)
    for page in pages[1:]:
        page.goto(ada.live.url)
    for page in pages:
        shows(page, 10)
    pays(ada)
    for page in pages:
        shows(page, 20)
        # And each of them can still ask for something.
        goes_to(page, "Create")
        expect(page.get_by_label("Prompt", exact=True)).to_be_visible()


def test_a_page_goes_on_where_it_was_when_the_api_comes_back(
    tabs: BrowserContext, ada: Creator
) -> None:
    page = tabs.new_page()
    sign_in(page, ada)
    shows(page, 10)
    ada.live.restart()
    pays(ada)
    shows(page, 20)


def test_a_line_that_goes_dead_without_a_word_is_noticed(
    tabs: BrowserContext, ada: Creator
) -> None:
    line = Line(int(ada.live.url.rpartition(":")[2]))
    page = tabs.new_page()
    page.clock.install()
    try:
        with page.expect_websocket() as opened:
            sign_in(page, ada, f"http://127.0.0.1:{line.port}")
        opened.value.wait_for_event("framereceived")
        shows(page, 10)
        line.goes_dead()
        pays(ada)
        expect(page.locator("#balance")).not_to_contain_text("20 credits", timeout=1_500)
        page.clock.fast_forward(26_000)
        page.clock.fast_forward(10_000)
        shows(page, 20)
    finally:
        page.close()
        line.close()


def test_a_tab_that_is_not_seen_holds_no_line_and_misses_nothing(
    tabs: BrowserContext, ada: Creator
) -> None:
    page = tabs.new_page()
    opened: list[WebSocket] = []
    page.on("websocket", lambda line: opened.append(line))
    with page.expect_websocket():
        sign_in(page, ada)
    shows(page, 10)
    assert len(opened) == 1
    hide(page, hidden=True)
    pays(ada)
    if not opened[0].is_closed():
        opened[0].wait_for_event("close")
    hide(page, hidden=False)
    shows(page, 20)
    assert len(opened) == 2


def hide(page: Page, *, hidden: bool) -> None:
    """As a browser says of a tab behind others."""
    page.evaluate(
        "state => { Object.defineProperty(document, 'visibilityState',"
        " { value: state, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        "hidden" if hidden else "visible",
    )
