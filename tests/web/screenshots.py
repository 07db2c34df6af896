"""Every page and state of the studio as a picture in docs/studio.

`python -m tests.web.screenshots` writes them all anew, with names of some only those.

Real page, API and database; the pictures in it are the world's cartoons.
"""

import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Route, ViewportSize, expect

from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from domain.kernel.role import Role
from domain.photo_set import PhotoFlaw, PhotoVerdict
from domain.twin import Twin
from tests.api.creator import DOCUMENTS, Creator, uuid_of
from tests.api.live_studio import ROOT
from tests.web.browser import chromium
from tests.web.signed_in import patient, sign_in, stands
from tests.web.staffed import staffed
from tests.web.stand import cartoon, furnished, standing

FOLDER = ROOT / "docs" / "studio"
DESK: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 375, "height": 760}
QUALITY = 82


def as_it_is(page: Page) -> None:
    """Nothing is done to it."""


def steps(page: Page) -> None:
    expect(page.locator(".steps-page")).to_be_visible()


def priced(page: Page) -> None:
    expect(page.locator(".price-button .price")).to_contain_text("credits")


def first_opened(page: Page) -> None:
    page.get_by_role("link", name="Open ").nth(8).click()
    expect(page.get_by_text("AI-generated").first).to_be_visible()


def first_opened_with_facts(page: Page) -> None:
    first_opened(page)
    page.keyboard.press("i")
    expect(page.get_by_text("Seed", exact=True)).to_be_visible()
    expect(page.locator(".skeleton:visible")).to_have_count(0)


def compared(page: Page) -> None:
    first_opened(page)
    page.keyboard.press("c")
    expect(page.get_by_role("slider")).to_be_attached()


def stacked(page: Page) -> None:
    page.get_by_role("button", name="Stacks").click()
    expect(page.get_by_role("link", name="made together").first).to_be_visible()


def chosen(page: Page) -> None:
    picks = page.get_by_role("button", name="Select ")
    for number in (1, 3, 4):
        picks.nth(number).dispatch_event("click")


def drawer(page: Page) -> None:
    page.locator("#queue-chip").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def shortcuts(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def video(page: Page) -> None:
    page.get_by_text("Video", exact=True).click()


def twin_named(name: str) -> Callable[[Page], None]:
    def opened(page: Page) -> None:
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("list", name=f"The way to {name}")).to_be_visible()

    return opened


def words(page: Page) -> None:
    page.get_by_text("Words that Pocket knows").click()
    page.get_by_role("button", name="looking left").click()
    page.get_by_role("button", name="blue background").click()
    page.locator(".vocabulary").evaluate("one => one.scrollIntoView()")


def photos_judged(page: Page, ada: Creator) -> None:
    """Ten photos were sent, two of them refused; a third of another visit is left out."""
    twin_named("Not yet")(page)
    twin = uuid_of(unquote(page.url.rsplit("/", 1)[1]))
    files: list[FilePayload] = []
    for seed in range(11):
        written = io.BytesIO()
        Image.fromarray(cartoon(seed)).save(written, "PNG")
        name = f"me-{seed + 1}.png"
        files.append({"name": name, "mimeType": "image/png", "buffer": written.getvalue()})
    page.get_by_label("Choose photos").set_input_files(files)
    handed_in = DOCUMENTS.ids_by_name["SubmitPhotos"]
    with page.expect_response(lambda answer: handed_in in (answer.request.post_data or "")):
        page.get_by_role("button", name="Send 11 photos").click()
    ada.live.settle()
    expect(page.get_by_text("Your photos are being looked at.")).to_be_visible()
    waiting = ada.load(Twin, twin).submitted
    assert waiting is not None
    flaws = {3: (PhotoFlaw.BLURRED,), 6: (PhotoFlaw.TOO_DARK,)}
    verdicts = tuple(
        PhotoVerdict(photo, flaws.get(place, ())) for place, photo in enumerate(waiting.photos)
    )
    ada.live.does(
        RecordPhotoVerdicts(twin, waiting.submission_id, verdicts, (), "gate"), ada.person
    )
    ada.live.settle()
    expect(page.get_by_text("is blurred")).to_be_visible()
    page.reload()
    expect(page.get_by_text("is blurred")).to_be_visible()
    page.get_by_role("button", name="Remove me-11.png").click()
    page.get_by_role("button", name="Use me-11.png again").scroll_into_view_if_needed()


def training(page: Page) -> None:
    page.get_by_role("link", name="See its training").click()
    expect(page.get_by_text("step 96 of 192")).to_be_visible()


def withdrawal(page: Page) -> None:
    page.get_by_role("button", name="Withdraw all consent…").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def history(page: Page) -> None:
    page.get_by_role("button", name="History of ").first.click()
    expect(page.get_by_role("dialog").locator("h3").first).to_be_visible()


def statement(page: Page) -> None:
    page.get_by_role("link", name="Statement of ").first.click()
    expect(page.locator(".audit-statement table")).to_be_visible()
    page.locator(".audit-statement").evaluate("one => one.scrollIntoView()")


def chain(page: Page) -> None:
    page.get_by_role("button", name="Check the chain here").click()
    expect(page.get_by_text("The copy comes to")).to_be_visible()
    page.locator(".audit-chain").evaluate("one => one.scrollIntoView()")


def broken_chain(page: Page) -> None:
    def forged(route: Route) -> None:
        true = route.fetch()
        body = true.body().replace(b'"type":"wallet.captured"', b'"type":"wallet.released"', 1)
        route.fulfill(response=true, body=body)

    page.route("**/audit/ledger.jsonl", forged)
    chain(page)


@dataclass(frozen=True)
class Shot:
    """One picture: where one goes, and what one does there."""

    name: str
    place: str
    done: Callable[[Page], None] = as_it_is
    done_with: Callable[[Page, Creator], None] | None = None
    size: str = "desk"
    dark: bool = False
    role: Role = Role.CREATOR


SHOTS = (
    Shot("steps", "welcome", steps),
    Shot("create", "create", priced),
    Shot("create-video", "create", video),
    Shot("create-words", "create", words),
    Shot("create-dark", "create", priced, dark=True),
    Shot("create-phone", "create", priced, size="phone"),
    Shot("queue", "queue"),
    Shot("queue-drawer", "credits", drawer),
    Shot("queue-phone", "queue", size="phone", dark=True),
    Shot("gallery", "gallery"),
    Shot("gallery-dark", "gallery", dark=True),
    Shot("gallery-phone", "gallery", size="phone"),
    Shot("gallery-selection", "gallery", chosen),
    Shot("gallery-stacks", "gallery", stacked),
    Shot("lightbox", "gallery", first_opened, dark=True),
    Shot("lightbox-facts", "gallery", first_opened_with_facts),
    Shot("lightbox-compare", "gallery", compared),
    Shot("twins", "twins"),
    Shot("twin-photos", "twins", twin_named("Not yet")),
    Shot("twin-photos-phone", "twins", twin_named("Not yet"), size="phone", dark=True),
    Shot("twin-photos-judged", "twins", done_with=photos_judged),
    Shot("training", "twins", training),
    Shot("training-phone", "twins", training, size="phone", dark=True),
    Shot("credits", "credits"),
    Shot("credits-phone", "credits", size="phone"),
    Shot("settings", "settings"),
    Shot("settings-phone", "settings", size="phone", dark=True),
    Shot("withdrawal", "settings", withdrawal),
    Shot("consent-history", "settings", history),
    Shot("shortcuts", "credits", shortcuts),
    Shot("not-found", "nowhere"),
    Shot("operator", "operator", role=Role.OPERATOR),
    Shot("operator-phone", "operator", size="phone", dark=True, role=Role.OPERATOR),
    Shot("auditor", "auditor", role=Role.AUDITOR),
    Shot("auditor-statement", "auditor", statement, role=Role.AUDITOR),
    Shot("auditor-chain", "auditor", chain, role=Role.AUDITOR),
    Shot("auditor-chain-broken", "auditor", broken_chain, dark=True, role=Role.AUDITOR),
    Shot("auditor-phone", "auditor", size="phone", role=Role.AUDITOR),
)


def taken(page: Page, name: str) -> None:
    """Written as WebP, once everything in view has come."""
    page.evaluate(
        "() => Promise.all([...document.images].filter(one => one.src && one.loading !== 'lazy')"
        ".map(one => one.decode().catch(() => {})))"
    )
    with Image.open(io.BytesIO(page.screenshot(animations="disabled"))) as shot:
        shot.convert("RGB").save(FOLDER / f"{name}.webp", quality=QUALITY)


def shoot(browser: Browser, ada: Creator, shot: Shot) -> None:
    """One of them, in a browser that knows nothing of the others."""
    size = PHONE if shot.size == "phone" else DESK
    with browser.new_context(
        viewport=size, color_scheme="dark" if shot.dark else "light", reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        patient(page)
        ada.live.accounts.set_role(ada.person, shot.role)
        sign_in(page, ada, f"{ada.live.url}/#/{shot.place}")
        stands(page, "not-found" if shot.place == "nowhere" else shot.place)
        if shot.role is Role.CREATOR:
            # What runs is told by the feeds, a moment after the page stands.
            expect(page.locator("#queue-chip")).not_to_contain_text("Nothing")
        shot.done(page)
        if shot.done_with is not None:
            shot.done_with(page, ada)
        taken(page, shot.name)


def main(names: Sequence[str]) -> None:
    """Take those of these names, or all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="suite-shots-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        with standing(folder) as live, chromium() as browser:
            ada = furnished(live)
            staffed(live)
            # Of whoever has not signed in.
            for name, place in (("entrance", ""), ("password", "#/password")):
                if not names or name in names:
                    page = browser.new_page(viewport=DESK)
                    patient(page)
                    page.goto(f"{live.url}/{place}")
                    expect(page.get_by_label("E-mail address")).to_be_visible()
                    taken(page, name)
            for shot in SHOTS:
                if not names or shot.name in names:
                    shoot(browser, ada, shot)


if __name__ == "__main__":
    main(sys.argv[1:])
