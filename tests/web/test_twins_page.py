"""The way to a twin on the page: signed, photographed, judged photo by photo, trained."""

import io
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from domain.photo_set import PhotoFlaw, PhotoVerdict
from domain.twin import Twin
from tests.api.creator import DOCUMENTS, Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.faults.oracle import until
from tests.web.progress import comes_to
from tests.web.signed_in import looked_at
from topics.messages.progress import CheckpointSeen


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    return Creator(live).verified().rich()


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    """Ada looks at her twins."""
    with looked_at(browser, ada, "#/twins") as page:
        yield page


def pressed(page: Page, ada: Creator, button: str, document: str) -> None:
    """The button was pressed, the command answered, and what follows from it has been done."""
    named = DOCUMENTS.ids_by_name[document]
    with page.expect_response(lambda answer: named in (answer.request.post_data or "")):
        page.get_by_role("button", name=button, exact=True).last.click()
    ada.live.settle()


def photos(count: int, first: int = 0, side: int = 512) -> list[FilePayload]:
    """Pictures of nothing, each another."""
    made: list[FilePayload] = []
    for number in range(first, first + count):
        shade = np.full((side, side, 3), 10 * number % 256, dtype=np.uint8)
        written = io.BytesIO()
        Image.fromarray(shade).save(written, "PNG")
        made.append(
            {"name": f"me-{number}.png", "mimeType": "image/png", "buffer": written.getvalue()}
        )
    return made


def judge(ada: Creator, twin: UUID, flawed: Sequence[int] = ()) -> None:
    """The gate has looked at the set; these of it have a flaw."""
    found = ada.load(Twin, twin)
    assert found.submitted is not None
    verdicts = tuple(
        PhotoVerdict(photo, (PhotoFlaw.BLURRED,) if place in flawed else ())
        for place, photo in enumerate(found.submitted.photos)
    )
    submission = found.submitted.submission_id
    ada.live.does(
        RecordPhotoVerdicts(twin, submission, verdicts, (), "pocket-analyser"), ada.person
    )
    ada.live.settle()


def jobs(ada: Creator) -> list[Any]:
    """All that she asked for."""
    ada.live.settle()
    return [edge["node"] for edge in ada.run("Jobs", first=10)["jobs"]["edges"]]


def the_twin(ada: Creator) -> UUID:
    [edge] = ada.run("Viewer")["twins"]["edges"]
    return uuid_of(edge["node"]["id"])


def test_a_twin_is_made_step_by_step_and_its_training_is_seen(page: Page, ada: Creator) -> None:
    page.get_by_label("Name").fill("Nova")
    pressed(page, ada, "Create twin", "CreateTwin")
    page.get_by_label("I release my biometric data").check()
    pressed(page, ada, "Sign", "SignBiometricRelease")

    expect(page.get_by_role("heading", name="Consent")).to_be_visible()
    page.get_by_label("I am the person in these photos").check()
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("Tick training, pictures or clips.")).to_be_visible()
    page.get_by_label("Training.").check()
    page.get_by_label("Pictures.").check()
    pressed(page, ada, "Sign", "GrantConsent")

    choose = page.get_by_label("Choose photos")
    choose.set_input_files(photos(9))
    expect(page.get_by_text("1 more to go")).to_be_visible()
    expect(page.get_by_role("button", name="Send 9 photos")).to_be_disabled()
    choose.set_input_files([*photos(1), *photos(1, first=9, side=128)])
    expect(page.get_by_text("Is there already")).to_be_visible()
    expect(page.get_by_text("Is smaller than 512 pixels")).to_be_visible()
    page.get_by_role("button", name="Remove me-0.png").last.click()
    page.get_by_role("button", name="Remove me-9.png").click()
    choose.set_input_files(photos(1, first=10))
    pressed(page, ada, "Send 10 photos", "SubmitPhotos")
    expect(page.get_by_text("Your photos are being looked at.")).to_be_visible()

    # Only what is flawed is replaced, and its card says why.
    twin = the_twin(ada)
    judge(ada, twin, flawed=[3])
    card = page.get_by_role("listitem", name="me-3.png")
    expect(card).to_contain_text("is blurred")
    expect(page.get_by_role("listitem", name="me-4.png")).to_contain_text("Good")
    expect(page.get_by_role("button", name="Send 10 photos")).to_be_disabled()
    card.get_by_label("Replace me-3.png").set_input_files(photos(1, first=11))
    pressed(page, ada, "Send 10 photos", "SubmitPhotos")
    expect(page.get_by_text("Your photos are being looked at.")).to_be_visible()
    judge(ada, twin)

    page.get_by_role("button", name="Train · ").click()
    until(lambda: any(job["kind"] == "TRAINING" for job in jobs(ada)), "it was asked for")
    expect(page.get_by_role("heading", name="Nova is learning your face")).to_be_visible()
    trains(page, ada)


def trains(page: Page, ada: Creator) -> None:
    """A worker begins with it, and passes a checkpoint."""
    [job] = [job["id"] for job in jobs(ada) if job["kind"] == "TRAINING"]
    claim = ada.claimed(job)
    ada.live.settle()
    samples = io.BytesIO()
    Image.new("RGB", (384, 128), "teal").save(samples, "PNG")
    comes_to(
        96,
        claim,
        ada,
        of=192,
        preview_png=samples.getvalue(),
        preview_items=(0, 1, 2),
        checkpoints=(CheckpointSeen(96, 0.88),),
    )
    expect(page.get_by_text("Learning · 50 % · step 96 of 192")).to_be_visible()
    expect(page.get_by_text("After 96 steps: likeness 0.88")).to_be_visible()
    assert page.title().startswith("50 % · ")


def test_a_form_that_has_expired_on_a_slow_line_is_asked_for_again(
    page: Page, ada: Creator
) -> None:
    twin = ada.twin()
    ada.live.settle()
    page.goto(f"{ada.live.url}/#/twins/{twin}")
    page.get_by_label("Choose photos").set_input_files(photos(10))
    refused: list[str] = []

    def expired(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=403)

    page.route("**/objects/**", expired)
    pressed(page, ada, "Send 10 photos", "SubmitPhotos")
    expect(page.get_by_text("Your photos are being looked at.")).to_be_visible()
    assert len(refused) == 1


def test_the_cards_of_photos_are_gone_through_by_keyboard(page: Page, ada: Creator) -> None:
    twin = ada.twin()
    ada.live.settle()
    page.goto(f"{ada.live.url}/#/twins/{twin}")
    page.get_by_label("Choose photos").set_input_files(photos(3))
    cards = page.locator(".photo-card")
    expect(cards).to_have_count(3)
    cards.first.focus()
    page.keyboard.press("ArrowRight")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("Delete")
    expect(cards).to_have_count(2)
    expect(cards.nth(1)).to_be_focused()
    expect(cards.nth(1)).to_contain_text("me-2.png")


def test_a_scope_is_added_and_taken_back_alone(page: Page, ada: Creator) -> None:
    twin = ada.twin()
    ada.live.settle()
    page.goto(f"{ada.live.url}/#/twins/{twin}")
    page.get_by_text("Consent: training, pictures, clips").click()
    page.get_by_role("button", name="Take back clips").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("clips are hidden until you keep or purge them")
    pressed(page, ada, "Take back clips", "TakeBackConsentScopes")
    summary = page.get_by_text("Consent: training, pictures", exact=True)
    expect(summary).to_be_visible()
    page.get_by_label("Clips.").check()
    page.get_by_label("I consent to what I have ticked, too").check()
    pressed(page, ada, "Add", "AddConsentScopes")
    expect(page.get_by_text("Consent: training, pictures, clips")).to_be_visible()


def test_consent_is_withdrawn_in_three_steps_and_a_receipt_says_what_went(
    page: Page, ada: Creator
) -> None:
    twin = ada.trained()
    ada.images(twin, count=2)
    ada.live.settle()
    page.goto(f"{ada.live.url}/#/settings")
    expect(page.locator("#queue-chip")).to_contain_text("1 waiting")
    page.get_by_role("button", name="Withdraw all consent…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 open job of this twin stops")
    dialog.get_by_role("button", name="Next").click()
    expect(dialog).to_contain_text("12 photos and the trained twin")
    dialog.get_by_role("button", name="Next").click()
    pressed(page, ada, "Withdraw consent", "WithdrawConsent")
    expect(dialog).to_contain_text("1 open job stopped")
    expect(dialog).to_contain_text("0.2 credits come back")
    expect(dialog).to_contain_text("The trained twin deleted")


def test_an_earlier_checkpoint_is_used_instead(page: Page, ada: Creator) -> None:
    twin = ada.ready_to_train()
    ada.finished(ada.training(twin), checkpoints={48: 0.71, 96: 0.82})
    page.goto(f"{ada.live.url}/#/twins/{twin}")
    expect(page.get_by_text("In use")).to_have_count(1)
    pressed(page, ada, "Use that after 48 steps", "ChooseCheckpoint")
    used = page.get_by_role("listitem").filter(has_text="After 48 steps: likeness 0.71")
    expect(used).to_contain_text("In use")


def test_what_ended_meanwhile_is_said_once_to_whoever_comes_back(page: Page, ada: Creator) -> None:
    job = ada.images(count=1)
    ada.live.settle()
    expect(page.locator("#balance")).to_contain_text("9.9 credits")
    page.evaluate(
        "() => { const key = Object.keys(localStorage).find(one => one.includes('suite.seen'));"
        " localStorage.setItem(key, JSON.stringify(new Date(Date.now() - 3_600_000))); }"
    )
    page.goto("about:blank")
    ada.finished(job)
    page.goto(f"{ada.live.url}/#/credits")
    expect(page.get_by_text("While you were away: 1 done.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Statement")).to_be_visible()
    expect(page.get_by_text("While you were away")).to_have_count(0)


def test_good_photos_are_not_sent_again_in_another_visit_either(page: Page, ada: Creator) -> None:
    twin = ada.twin()
    ada.live.settle()
    page.goto(f"{ada.live.url}/#/twins/{twin}")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if "/objects/" in one.url else None)
    page.get_by_label("Choose photos").set_input_files(photos(10))
    pressed(page, ada, "Send 10 photos", "SubmitPhotos")
    expect(page.get_by_text("Your photos are being looked at.")).to_be_visible()
    judge(ada, uuid_of(twin), flawed=[3])
    page.reload()
    cards = page.locator(".photo-card")
    expect(cards).to_have_count(10)
    card = page.get_by_role("listitem", name="me-3.png")
    expect(card).to_contain_text("is blurred")
    expect(page.get_by_role("listitem", name="me-4.png")).to_contain_text("Good")
    expect(page.get_by_role("listitem", name="me-4.png").locator("img")).to_have_js_property(
        "complete", value=True
    )
    # What was sent before is known again, also by its content.
    page.get_by_label("Choose photos").set_input_files(photos(1, first=4))
    expect(page.get_by_text("Is there already")).to_be_visible()
    page.get_by_role("button", name="Remove me-4.png").last.click()
    card.get_by_label("Replace me-3.png").set_input_files(photos(1, first=11))
    before = len(sent)
    pressed(page, ada, "Send 10 photos", "SubmitPhotos")
    expect(page.get_by_text("Your photos are being looked at.")).to_be_visible()
    assert len(sent) - before == 1
    judge(ada, uuid_of(twin))

    # Of an accepted set one is left out, and taken in again.
    page.get_by_text("Use other photos").click()
    expect(page.get_by_text("Change something first")).to_be_visible()
    page.get_by_role("button", name="Remove me-0.png").click()
    expect(page.get_by_text("1 more to go")).to_be_visible()
    page.get_by_role("button", name="Use me-0.png again").click()
    expect(cards).to_have_count(10)
    pressed(page, ada, "Send 10 photos", "SubmitPhotos")
    expect(page.get_by_text("Your photos are being looked at.")).to_be_visible()
    assert len(sent) - before == 1


@pytest.mark.parametrize("how", ["withdrawn", "signed out"])
def test_no_face_stays_at_a_browser_that_nobody_may_learn_it_at(
    page: Page, ada: Creator, how: str
) -> None:
    twin = ada.twin()
    ada.live.settle()
    page.goto(f"{ada.live.url}/#/twins/{twin}")
    page.get_by_label("Choose photos").set_input_files(photos(10))
    pressed(page, ada, "Send 10 photos", "SubmitPhotos")
    expect(page.get_by_text("Your photos are being looked at.")).to_be_visible()
    judge(ada, uuid_of(twin), flawed=[3])
    held = "() => Object.keys(localStorage).filter((key) => key.startsWith('suite.photos.'))"
    assert page.evaluate(held) == [f"suite.photos.{twin}"]
    # The wizard is not open: whatever it shows is not what forgets.
    page.goto(f"{ada.live.url}/#/gallery")
    if how == "withdrawn":
        ada.did("withdrawConsent", twin=twin)
        ada.live.settle()
    else:
        page.context.clear_cookies()
        page.reload()
    page.wait_for_function(f"() => ({held})().length === 0")


def test_files_that_were_chosen_stay_while_the_twin_changes(page: Page, ada: Creator) -> None:
    twin = ada.twin()
    other = ada.twin("Another")
    ada.live.settle()
    page.goto(f"{ada.live.url}/#/twins/{twin}")
    page.get_by_label("Choose photos").set_input_files(photos(3))
    cards = page.locator(".photo-card")
    expect(cards).to_have_count(3)
    cards.nth(1).focus()
    page.evaluate(
        "() => { window.card = document.activeElement;"
        " window.input = document.querySelector('.drop input'); }"
    )
    ada.did("takeBackConsentScopes", twin=twin, scopes=["clips"])
    ada.live.settle()
    expect(page.get_by_text("Consent: training, pictures", exact=True)).to_be_visible()
    assert page.evaluate(
        "() => window.card === document.activeElement && window.card.isConnected"
        " && window.input === document.querySelector('.drop input')"
    )
    expect(cards).to_have_count(3)
    # A plan of another tab, which the card says: nothing that was chosen here goes for it.
    ada.planned(twin)
    ada.live.settle()
    expect(page.get_by_text("1 upload open until")).to_be_visible()
    assert page.evaluate("() => window.card === document.activeElement")
    # They are this twin's, and no other's.
    page.goto(f"{ada.live.url}/#/twins/{other}")
    expect(page.get_by_role("heading", name="Another")).to_be_visible()
    expect(cards).to_have_count(0)
    page.goto(f"{ada.live.url}/#/twins/{twin}")
    expect(cards).to_have_count(3)


def test_photos_come_by_paste_and_by_camera_and_examples_say_how(
    browser: Browser, ada: Creator
) -> None:
    twin = ada.twin()
    ada.live.settle()
    with looked_at(browser, ada, f"#/twins/{twin}") as page:
        expect(page.get_by_role("listitem").filter(has_text="From the side")).to_be_visible()
        expect(page.get_by_role("listitem").filter(has_text="More than one face")).to_be_visible()
        # A camera is what a phone has in the hand.
        camera = page.get_by_label("Take a photo")
        expect(camera).to_have_attribute("capture", "user")
        camera.set_input_files(photos(1))
        cards = page.locator(".photo-card")
        expect(cards).to_have_count(1)
        expect(page.get_by_text("From the side")).to_have_count(0)
        page.evaluate(
            """async () => {
              const canvas = new OffscreenCanvas(600, 600);
              canvas.getContext('2d').fillRect(0, 0, 300, 600);
              const pasted = new DataTransfer();
              const [picture, type] = [await canvas.convertToBlob(), { type: 'image/png' }];
              pasted.items.add(new File([picture], 'pasted.png', type));
              const event = { clipboardData: pasted, bubbles: true };
              document.body.dispatchEvent(new ClipboardEvent('paste', event));
            }"""
        )
        expect(page.get_by_role("listitem", name="pasted.png")).to_contain_text("Ready to send")
