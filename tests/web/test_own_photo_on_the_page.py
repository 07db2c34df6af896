"""A photo of one's own on the studio's page: chosen, uploaded, judged, begun with."""

import hashlib
import io
from collections.abc import Iterator
from uuid import uuid5

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from commands.source_photos.claim_source_photo import ClaimSourcePhoto
from commands.source_photos.record_source_photo import RecordSourcePhoto, WrittenCopy
from domain.checks import CheckVerdict
from domain.job import Job
from domain.job_input import InputRole, input_of
from domain.kernel.identity import source_photos_id
from domain.source_photos import SourcePhotos
from tests.api.creator import PASSWORD, Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.domain.photos_to_begin_with import passed
from tests.web.signed_in import goes_to, patient


def shapes() -> bytes:
    """A photo, as far as the page can tell: colours that run into one another."""
    ramp = np.linspace(0, 255, 512, dtype=np.uint8)
    rgb = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], np.uint8(90)), axis=-1)
    target = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(target, "PNG")
    return target.getvalue()


SHAPES = shapes()


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    somebody = Creator(live)
    somebody.trained()
    return somebody


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    """Ada chooses what to begin with."""
    page = browser.new_page()
    patient(page)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(ada.live.url)
    page.get_by_label("E-mail address").fill(ada.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    goes_to(page, "Create")
    page.get_by_role("button", name="Own photo").click()
    yield page
    page.close()
    assert errors == []


def uploads(page: Page, ada: Creator) -> SourcePhotos:
    """Ada chooses a file, and it waits to be judged."""
    chosen = {"name": "me.png", "mimeType": "image/png", "buffer": SHAPES}
    page.get_by_label("Photo", exact=True).set_input_files(chosen)  # type: ignore[arg-type]
    expect(page.get_by_text("Your photo is being looked at…")).to_be_visible()
    found: SourcePhotos = ada.load(SourcePhotos, source_photos_id(ada.person))
    return found


def judged(ada: Creator, photos: SourcePhotos, checks: tuple[CheckVerdict, ...]) -> None:
    """The screener has looked at the one that waits."""
    [photo] = photos.kept
    claim = uuid5(photo, "claim")
    granted = ada.live.asks(ClaimSourcePhoto(photo, claim), ada.person)
    assert ada.live.objects.get(granted.object_key) == SHAPES
    ada.live.objects.put(granted.clean_key, SHAPES, media_type="image/png")
    copy = WrittenCopy(hashlib.sha256(SHAPES).hexdigest(), len(SHAPES), 512, 512)
    ada.live.does(RecordSourcePhoto(photo, claim, None, checks, copy), ada.person)
    ada.live.settle()


def test_a_photo_is_uploaded_judged_and_begun_with(page: Page, ada: Creator) -> None:
    photos = uploads(page, ada)
    judged(ada, photos, passed())
    expect(page.get_by_text("It begins with this photo.")).to_be_visible()
    seen = page.get_by_role("img", name="Your photo")
    assert (
        seen.evaluate("async shown => { await shown.decode(); return shown.naturalWidth; }") == 512
    )
    page.get_by_label("Prompt", exact=True).fill("smiling, green top")
    page.get_by_role("button", name="Create 4 · 0.4 credits").click()
    expect(page.get_by_role("article", name="smiling, green top")).to_be_visible()
    ada.live.settle()
    [asked] = [
        edge["node"]
        for edge in ada.run("Jobs", first=10)["jobs"]["edges"]
        if edge["node"]["state"] == "REQUESTED"
    ]
    job: Job = ada.load(Job, uuid_of(asked["id"]))
    source = input_of(job.inputs, InputRole.SOURCE)
    assert source is not None
    assert source.upload_id in photos.kept


def test_a_refused_photo_is_told_in_words(page: Page, ada: Creator) -> None:
    judged(ada, uploads(page, ada), passed(identity=False))
    expect(page.get_by_text("shows somebody else")).to_be_visible()


def test_one_that_is_there_is_chosen_without_uploading_it_again(page: Page, ada: Creator) -> None:
    judged(ada, uploads(page, ada), passed())
    expect(page.get_by_text("It begins with this photo.")).to_be_visible()
    page.get_by_role("button", name="Begin with words instead").click()
    page.get_by_role("button", name="Own photo").click()
    page.get_by_role("button", name="Begin with this photo").click()
    expect(page.get_by_text("It begins with this photo.")).to_be_visible()
