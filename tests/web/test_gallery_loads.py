"""Forty tiles in a real browser: what a visit loads, what the next one does, and what breaks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from adapters.postgres.embedded import EmbeddedPostgres
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.screening.released_files import EncodedFile, still
from gpu_consumers.screening.thumbnails import thumbnail
from tests.api.creator import DOCUMENTS, PASSWORD, Creator
from tests.api.live_studio import LiveStudio, live_studio
from tests.conftest import TEMPLATE
from tests.web.browser import PATIENCE_MS, chromium
from tests.web.signed_in import goes_to
from topics.messages.work import ThumbnailRole

TILES = 40
TILE = ".picture-tile img"
ALL_OF_THEM_PX = 2_700
A_JOB = 8
FIRST_VISIT_BYTES_MAX = 800_000
NEXT_VISIT_BYTES_MAX = 10_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def live(
    browser: Browser, postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveStudio]:
    postgres_server.create_database("tiles", template=TEMPLATE)
    with live_studio(postgres_server.url("tiles"), tmp_path_factory.mktemp("tiles")) as found:
        yield found


def drawn(number: int) -> dict[str, EncodedFile]:
    """One cartoon, and what a tile shows of it."""
    rng = np.random.default_rng(number)
    rgb = np.asarray(render(random_identity(rng), random_scene(rng)))
    rgb = np.ascontiguousarray(rgb.repeat(512 // rgb.shape[0], 0).repeat(512 // rgb.shape[1], 1))
    return {"master": still(rgb)} | {role.value: thumbnail(rgb, role) for role in ThumbnailRole}


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Creator:
    """Has forty pictures."""
    somebody = Creator(live).verified().rich()
    for number in range(TILES // A_JOB):
        somebody.finished(somebody.images(count=A_JOB), drawn(number))
    return somebody


@dataclass
class Traffic:
    """What came over the network for pictures, as the browser counts it, headers and all."""

    media_bytes: int = 0
    media_answers: int = 0
    refused: list[str] = field(default_factory=list)
    _addresses: dict[str, str] = field(default_factory=dict)

    def listen(self, page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._received)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _received(self, event: dict[str, Any]) -> None:
        answer = event["response"]
        if not urlsplit(answer["url"]).path.startswith("/media/"):
            return
        self._addresses[event["requestId"]] = answer["url"]
        if answer["status"] >= 400:
            self.refused.append(answer["url"])

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._addresses:
            self.media_bytes += int(event["encodedDataLength"])
            self.media_answers += 1


def signed_in(context: BrowserContext, ada: Creator, address: str) -> Page:
    """Ada, at the page by this address."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(address)
    page.get_by_label("E-mail address").fill(ada.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Studio")).to_be_visible()
    return page


def look_at_all(page: Page, address: str) -> None:
    """The gallery from top to bottom, until every picture is there."""
    page.set_viewport_size({"width": 1280, "height": ALL_OF_THEM_PX})
    page.goto(f"{address}/#/gallery")
    expect(page.locator(TILE)).to_have_count(TILES)
    page.evaluate(
        """async (tile) => {
          const pictures = [...document.querySelectorAll(tile)];
          await Promise.all(pictures.map((one) => one.decode()));
        }""",
        TILE,
    )


def named(live: LiveStudio, host: str) -> str:
    return f"http://{host}:{urlsplit(live.url).port}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_no_picture_is_broken_by_whichever_name_the_studio_was_found(
    browser: Browser, ada: Creator, host: str
) -> None:
    address = named(ada.live, host)
    with browser.new_context() as context:
        page = signed_in(context, ada, address)
        look_at_all(page, address)
        assert (
            page.locator(TILE).evaluate_all("all => all.map((one) => one.naturalWidth)")
            == [256] * TILES
        )
        ada.live.clock.pass_by(minutes=30)
        page.get_by_role("link", name="Open a lighthouse").first.click()
        shown = page.get_by_role("dialog").locator(".stage-full")
        expect(shown).to_have_js_property("naturalWidth", 512)


@pytest.mark.parametrize("dots_a_pixel", [1, 2])
def test_forty_tiles_are_affordable_and_the_next_visit_costs_nearly_nothing(
    browser: Browser, ada: Creator, dots_a_pixel: int
) -> None:
    address = named(ada.live, "localhost")
    with browser.new_context(device_scale_factor=dots_a_pixel) as context:
        page = signed_in(context, ada, address)
        first, second = Traffic(), Traffic()
        first.listen(page)
        look_at_all(page, address)
        assert first.media_answers >= TILES
        assert TILES * 100 < first.media_bytes <= FIRST_VISIT_BYTES_MAX
        # A page has three feeds, and a browser six connections: two pages would leave none.
        page.close()
        again = context.new_page()
        again.set_default_timeout(PATIENCE_MS)
        second.listen(again)
        look_at_all(again, address)
        assert second.media_bytes <= NEXT_VISIT_BYTES_MAX
        assert (first.refused, second.refused) == ([], [])
        print(
            f"\n{TILES} tiles, {dots_a_pixel}x: {first.media_bytes} bytes of pictures at first, "
            f"{second.media_bytes} at the next visit"
        )


def test_a_tile_has_its_place_and_its_colour_before_its_picture_comes(
    browser: Browser, ada: Creator
) -> None:
    address = named(ada.live, "localhost")
    with browser.new_context() as context:
        page = signed_in(context, ada, address)
        page.set_viewport_size({"width": 1280, "height": ALL_OF_THEM_PX})
        page.route("**/media/**", lambda route: None)
        page.goto(f"{address}/#/gallery")
        expect(page.locator(TILE)).to_have_count(TILES)
        tile = page.locator(TILE).first
        box = tile.bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(box["height"], abs=1)
        assert box["width"] > 100
        # The mean colour of this hash by the reference implementation, thumbhash 0.1.1.
        background = "one => one.closest('li').style.backgroundColor"
        assert tile.evaluate(background) == "rgb(86, 82, 88)"


def test_the_first_pictures_are_asked_for_with_the_page_and_alone(
    browser: Browser, ada: Creator
) -> None:
    address = named(ada.live, "localhost")
    with browser.new_context(viewport={"width": 1280, "height": 600}) as context:
        page = signed_in(context, ada, address)
        page.close()
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        questions: list[str] = []
        asked: list[str] = []
        held: list[Route] = []

        def note(route: Route) -> None:
            asked.append(route.request.url)
            held.append(route)

        names = {id: name for name, id in DOCUMENTS.ids_by_name.items()}
        page.on(
            "request",
            lambda one: (
                questions.append(names[(one.post_data_json or {})["documentId"]])
                if one.url.endswith("/graphql")
                else None
            ),
        )
        page.route("**/media/**", note)
        page.goto(f"{address}/#/gallery")
        expect(page.locator(".picture-tile").first).to_be_visible()
        # Before anybody knew who looks at it, and not once more.
        assert questions[:4] == ["Catalogue", "Viewer", "GalleryOrder", "GalleryTiles"]
        in_view = page.locator(TILE).evaluate_all(
            "all => all.map(one => one.closest('li').getBoundingClientRect().top < innerHeight)"
        )
        assert all(in_view)
        assert len(in_view) < TILES
        for route in held:
            route.continue_()
        page.unroute("**/media/**", note)
        expect(page.locator(TILE).nth(len(in_view))).to_be_attached()
        # The others come when the first are there: the list is not begun anew.
        assert questions.count("GalleryOrder") == 1


def test_after_sign_out_nothing_of_it_is_seen_again_in_this_browser(
    browser: Browser, ada: Creator
) -> None:
    address = named(ada.live, "localhost")
    with browser.new_context() as context:
        page = signed_in(context, ada, address)
        look_at_all(page, address)
        seen = page.locator(TILE).first.get_attribute("src")
        assert seen is not None
        assert page.evaluate("async (a) => (await fetch(a)).status", seen) == 200
        goes_to(page, "Settings")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert page.evaluate("async (a) => (await fetch(a)).status", seen) == 404
