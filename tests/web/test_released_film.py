"""A released film plays and seeks in a real browser, with its credentials in it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from adapters.provenance.file_signer import FileSigner
from gpu_consumers.screening.credentials import Credentials, Generation
from gpu_consumers.screening.released_files import animated_gif, animated_webp, mp4, poster
from tests.gpu_consumers.screening.clips import FRAME_RATE, portrait_clip
from tests.web.browser import PATIENCE_MS, chromium
from tests.web.file_server import served

ASSET = UUID("d0000000-0000-4000-8000-000000000002")
PAGE = """<!doctype html><title>film</title>
<video id="film" src="film.mp4" poster="poster.png" muted preload="metadata"></video>
<img id="webp" src="film.webp"><img id="gif" src="film.gif"><canvas id="canvas"></canvas>
<script>
const film = document.getElementById("film");
const happens = (name) => new Promise((done, failed) => {
  film.addEventListener(name, done, { once: true });
  film.addEventListener("error", () => failed(new Error(film.error.message)), { once: true });
});
async function seek(time_s) {
  const sought = happens("seeked");
  film.currentTime = time_s;
  await sought;
}
function shown() {
  const canvas = document.getElementById("canvas");
  [canvas.width, canvas.height] = [film.videoWidth, film.videoHeight];
  const context = canvas.getContext("2d");
  context.drawImage(film, 0, 0);
  const rgba = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return Array.from(rgba).filter((_, index) => index % 4 < 3);
}
</script>
"""


def clip() -> NDArray[np.uint8]:
    """Four seconds in which no second looks like another."""
    return portrait_clip(32, "push", 256)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page beside the files, signed as they are when they are released."""
    files = tmp_path_factory.mktemp("files")
    credentials = Credentials(FileSigner(tmp_path_factory.mktemp("keys")))
    frames = clip()
    for name, encoded in (
        ("film.mp4", mp4(frames, FRAME_RATE)),
        ("film.webp", animated_webp(frames, FRAME_RATE)),
        ("film.gif", animated_gif(frames, FRAME_RATE)),
    ):
        signed = credentials.sign(encoded.data, Generation(ASSET), media_type=encoded.media_type)
        (files / name).write_bytes(signed)
    (files / "poster.png").write_bytes(poster(frames).data)
    (files / "page.html").write_text(PAGE)
    return files


def loaded(page: Page, address: str) -> None:
    page.goto(f"{address}/page.html", timeout=PATIENCE_MS)
    page.evaluate("film.readyState >= 1 || happens('loadedmetadata')")


def test_a_released_film_plays_to_its_end(page: Page, folder: Path) -> None:
    with served(folder) as (address, _):
        loaded(page, address)
        assert page.evaluate("[film.videoWidth, film.videoHeight]") == [256, 256]
        assert page.evaluate("film.duration") == pytest.approx(4.0, abs=1 / FRAME_RATE)
        page.evaluate("async () => { const end = happens('ended'); await film.play(); await end; }")
        assert page.evaluate("film.ended")
        assert page.evaluate("film.getVideoPlaybackQuality().totalVideoFrames") > 0


def test_a_released_film_shows_the_frame_that_is_sought(page: Page, folder: Path) -> None:
    frames = clip().astype(int)
    with served(folder) as (address, statuses):
        loaded(page, address)
        for number in (28, 3, 17):
            page.evaluate("(time_s) => seek(time_s)", (number + 0.5) / FRAME_RATE)
            rgb = np.array(page.evaluate("shown()")).reshape(256, 256, 3)
            distances = np.abs(frames - rgb).mean(axis=(1, 2, 3))
            assert int(distances.argmin()) == number
            # Also in its colours: what is not said of them, a player makes up.
            assert float(distances.min()) < 3
        assert 206 in statuses


def test_pictures_that_move_are_pictures_to_a_browser(page: Page, folder: Path) -> None:
    with served(folder) as (address, _):
        loaded(page, address)
        for name in ("webp", "gif"):
            page.evaluate(f"document.getElementById('{name}').decode()")
            assert page.evaluate(f"document.getElementById('{name}').naturalWidth") == 256
