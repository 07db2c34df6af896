"""Clips and remixes on the studio's page, in a real browser against a real API."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from domain.job import Job
from domain.job_input import InputRole, input_of
from domain.job_kind import JobKind
from gpu_consumers.screening.released_files import animated_gif, animated_webp, mp4, poster
from gpu_consumers.screening.thumbnails import thumbnail
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.api.test_publish_packs import made
from tests.gpu_consumers.screening.clips import FRAME_RATE, portrait_clip
from tests.web.signed_in import patient, sign_in
from topics.messages.work import ThumbnailRole

SIDE_PX = 128
SECONDS = 3


@dataclass
class Shown:
    """What a person sees, and what their browser complained of."""

    page: Page
    live: LiveStudio
    complaints: list[str]

    def opened(self, called: str) -> None:
        """Opened the item of this prompt in the gallery."""
        self.went_to("Gallery")
        self.page.get_by_role("link", name=f"Open {called}").click()
        # Its keys are heard once it is there.
        expect(self.page.get_by_role("dialog")).to_be_visible()

    def went_to(self, place: str) -> None:
        """Followed a link of the navigation."""
        self.page.get_by_role("navigation", name="Studio").get_by_role("link", name=place).click()


def released(ada: Creator, job: str) -> str:
    """A clip came of the job, with files that can be played. Answers the asset."""
    frames = portrait_clip(FRAME_RATE * SECONDS, "push", SIDE_PX)
    files = {
        "master": mp4(frames, FRAME_RATE),
        "preview": animated_webp(frames, FRAME_RATE),
        "gif": animated_gif(frames, FRAME_RATE),
        "poster": poster(frames),
    } | {role.value: thumbnail(frames[0], role) for role in ThumbnailRole}
    [asset] = ada.finished(job, files)
    return asset


def plays(film: Locator) -> None:
    """The film comes to its second second."""
    film.evaluate(
        "film => new Promise((done, failed) => {"
        " film.ontimeupdate = () => film.currentTime > 1 && done();"
        " film.onerror = () => failed(new Error(film.error.message));"
        " film.play().catch(failed); })"
    )


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    """Has a twin, one picture of it, and one clip of that."""
    somebody = Creator(live)
    somebody.finished(somebody.images(somebody.trained(), count=1))
    [picture] = somebody.gallery()
    clip = somebody.clips(durationS=SECONDS, source=picture["id"])
    live.settle()
    released(somebody, clip)
    return somebody


@pytest.fixture
def shown(browser: Browser, ada: Creator) -> Iterator[Shown]:
    """Ada has signed in at the page."""
    page = browser.new_page()
    patient(page)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
    )
    sign_in(page, ada)
    yield Shown(page, ada.live, complaints)
    page.close()
    assert complaints == []


def test_a_clip_is_played_from_the_gallery_which_shows_its_poster(shown: Shown) -> None:
    shown.went_to("Gallery")
    tile = shown.page.get_by_role("link", name="Open a lighthouse keeper in fog, clip, 3 s")
    expect(tile.locator("img")).to_have_js_property("naturalWidth", SIDE_PX)
    tile.click()
    film = shown.page.get_by_role("dialog").locator("video")
    assert film.evaluate("film => [film.controls, film.loop, film.muted, film.playsInline]") == (
        [True] * 4
    )
    plays(film)
    assert film.evaluate("film => [film.videoWidth, film.duration]") == [SIDE_PX, SECONDS]


def test_a_clip_is_looked_at_frame_by_frame(shown: Shown) -> None:
    shown.opened("a lighthouse keeper in fog")
    film = shown.page.get_by_role("dialog").locator("video")
    plays(film)
    shown.page.keyboard.press(" ")
    expect(film).to_have_js_property("paused", value=True)
    film.evaluate("film => { film.currentTime = 1; }")
    shown.page.get_by_role("button", name="One frame on").click()
    expect(film).to_have_js_property("currentTime", 1 + 1 / FRAME_RATE)
    shown.page.keyboard.press(",")
    expect(film).to_have_js_property("currentTime", 1)


def test_a_clip_goes_on_playing_while_the_gallery_changes(shown: Shown, ada: Creator) -> None:
    shown.opened("a lighthouse keeper in fog")
    film = shown.page.get_by_role("dialog").locator("video")
    plays(film)
    before = film.element_handle()
    ada.finished(ada.images(count=1))
    expect(shown.page.locator(".picture-tile")).to_have_count(3)
    assert before is not None
    assert before.evaluate("film => [film.isConnected, film.paused]") == [True, False]


def test_a_clip_plays_in_a_page_that_has_been_open_for_long(shown: Shown) -> None:
    shown.went_to("Gallery")
    tile = shown.page.get_by_role("link", name="Open a lighthouse keeper in fog")
    expect(tile).to_be_visible()
    shown.live.clock.pass_by(minutes=30)
    tile.click()
    plays(shown.page.get_by_role("dialog").locator("video"))


@pytest.mark.parametrize(
    ("link", "ending"),
    [("Download MP4", ".mp4"), ("Download WebP", ".webp"), ("Download GIF", ".gif")],
)
def test_every_file_of_a_clip_but_its_poster_is_downloaded(
    shown: Shown, link: str, ending: str
) -> None:
    shown.opened("a lighthouse keeper in fog")
    dialog = shown.page.get_by_role("dialog")
    dialog.locator("summary").filter(has=shown.page.locator("svg")).first.click()
    expect(dialog.get_by_role("link", name="Download")).to_have_count(3)
    with shown.page.expect_download() as begun:
        dialog.get_by_role("link", name=link).click()
    assert begun.value.suggested_filename.endswith(ending)
    assert begun.value.failure() is None


def test_a_picture_of_the_gallery_is_animated_at_the_price_that_was_shown(
    shown: Shown, ada: Creator
) -> None:
    shown.opened("a lighthouse in fog")
    shown.page.get_by_role("link", name="Animate").click()
    page = shown.page
    expect(page.get_by_text("It begins with this picture.")).to_be_visible()
    expect(page.get_by_role("group", name="Shape")).to_have_count(0)
    page.get_by_role("radio", name="5 s").check()
    page.get_by_role("radio", name="Nod").check()
    expect(page.get_by_role("radio", name="4", exact=True)).to_be_disabled()
    create = page.get_by_role("button", name="Create a clip")
    expect(create).to_have_text(re.compile(r"credits"))
    expect(create).not_to_have_attribute("aria-busy", "true")
    [price] = re.findall(r"[0-9.]+(?= credits)", create.inner_text())
    reserved_before = ada.wallet()["reserved"]
    create.click()
    expect(page.get_by_role("status").filter(has_text="1 clip asked for.")).to_have_count(1)
    shown.live.settle()
    assert ada.wallet()["reserved"] - reserved_before == round(float(price) * 1_000)
    [asked] = [
        edge["node"]
        for edge in ada.run("Jobs", first=10)["jobs"]["edges"]
        if edge["node"]["state"] == "REQUESTED"
    ]
    assert asked["kind"] == "VIDEO"
    assert ada.ask(
        "query($id: ID!) { viewer { ... on Viewer { job(id: $id) { source } } } }",
        id=asked["id"],
    )["job"]["source"] == picture_of(ada)


def asked_from(ada: Creator, picture: str) -> Job:
    """The one job that waits, which begins with this picture."""
    [asked] = [
        edge["node"]["id"]
        for edge in ada.run("Jobs", first=10)["jobs"]["edges"]
        if edge["node"]["state"] == "REQUESTED"
    ]
    job: Job = ada.load(Job, uuid_of(asked))
    source = input_of(job.inputs, InputRole.SOURCE)
    assert source is not None
    assert source.asset_id == uuid_of(picture)
    return job


def picture_of(ada: Creator) -> str:
    """The one picture in the gallery that is none of a clip."""
    [picture] = [item for item in ada.gallery() if item["kind"] == "IMAGE"]
    return str(picture["id"])


def test_a_picture_of_the_gallery_is_remixed_as_strongly_as_was_said(
    shown: Shown, ada: Creator
) -> None:
    picture = picture_of(ada)
    shown.opened("a lighthouse in fog")
    shown.page.get_by_role("link", name="More like this").click()
    page = shown.page
    expect(page.get_by_text("It begins with this picture.")).to_be_visible()
    expect(page.get_by_role("group", name="Shape")).to_have_count(0)
    expect(page.get_by_role("group", name="Twin")).to_have_count(0)
    page.get_by_label("Prompt", exact=True).fill("smiling, red top")
    page.get_by_label("Drawn anew", exact=True).fill("0.35")
    page.get_by_role("radio", name="2", exact=True).check()
    reserved_before = ada.wallet()["reserved"]
    page.get_by_role("button", name="Create 2 · 0.2 credits").click()
    expect(page.get_by_role("article", name="smiling, red top")).to_be_visible()
    shown.live.settle()
    job = asked_from(ada, picture)
    [source] = job.inputs
    assert (job.kind, len(job.items), source.strength) == (JobKind.IMAGES, 2, 0.35)
    assert ada.wallet()["reserved"] > reserved_before


def test_a_picture_to_begin_with_is_chosen_where_one_asks(shown: Shown, ada: Creator) -> None:
    picture = picture_of(ada)
    shown.went_to("Create")
    page = shown.page
    page.get_by_label("Prompt", exact=True).fill("smiling, blue top")
    page.get_by_role("button", name="Gallery picture").click()
    page.get_by_role("button", name="Begin with a lighthouse in fog").click()
    expect(page.get_by_text("It begins with this picture.")).to_be_visible()
    page.get_by_role("link", name="Video").click()
    expect(page.get_by_role("group", name="Seconds")).to_be_visible()
    expect(page.get_by_text("It begins with this picture.")).to_be_visible()
    page.get_by_role("link", name="Image", exact=True).click()
    expect(page.get_by_label("Drawn anew", exact=True)).to_be_visible()
    page.get_by_role("button", name="Create 4 · 0.4 credits").click()
    expect(page.get_by_role("article", name="smiling, blue top")).to_be_visible()
    shown.live.settle()
    assert asked_from(ada, picture).kind is JobKind.IMAGES


def test_nothing_is_made_from_a_clip(shown: Shown) -> None:
    shown.opened("a lighthouse keeper in fog")
    dialog = shown.page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="Use settings")).to_be_visible()
    expect(dialog.get_by_role("link", name="More like this")).to_have_count(0)
    expect(dialog.get_by_role("link", name="Animate")).to_have_count(0)


def test_a_clip_from_words_is_asked_for_and_shown_where_it_was_made(
    shown: Shown, ada: Creator
) -> None:
    shown.went_to("Create")
    page = shown.page
    page.get_by_role("link", name="Video").click()
    page.get_by_label("Prompt", exact=True).fill("smiling, front view")
    page.get_by_role("radio", name="3 s").check()
    create = page.get_by_role("button", name="Create a clip")
    expect(create).not_to_have_attribute("aria-busy", "true")
    create.click()
    made = page.get_by_role("article", name="smiling, front view")
    expect(made).to_contain_text("Waiting for its turn")
    shown.live.settle()
    [job] = [
        edge["node"]["id"]
        for edge in ada.run("Jobs", first=10)["jobs"]["edges"]
        if edge["node"]["state"] == "REQUESTED"
    ]
    released(ada, job)
    expect(made.get_by_text("1 clip ·")).to_be_visible()
    plays(made.locator("video"))


def test_a_picture_is_made_ready_to_be_published(shown: Shown, ada: Creator) -> None:
    shown.opened("a lighthouse in fog")
    shown.page.keyboard.press("i")
    dialog = shown.page.get_by_role("dialog")
    dialog.get_by_text("Publish", exact=True).click()
    dialog.get_by_label("Story, 1080 × 1920").check()
    dialog.get_by_role("button", name="Make the files").click()
    expect(dialog.get_by_text("Being made…")).to_be_visible()
    shown.live.settle()
    [pack] = ada.run("PublishPacks", first=5)["publishPacks"]
    assert pack["presets"] == ["SQUARE", "STORY"]
    made(ada, pack["id"])
    expect(dialog.get_by_text("#AIgenerated")).to_be_visible()
    with shown.page.expect_download() as begun:
        dialog.get_by_role("link", name="Story, 1080 × 1920 (JPEG)").click()
    assert begun.value.suggested_filename.startswith("story-image-")
    assert begun.value.failure() is None
