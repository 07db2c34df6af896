"""A person's hold on their account, on the page: passwords, sessions, consents, notifications."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.creator import DOCUMENTS, PASSWORD, Creator
from tests.api.live_studio import LiveStudio, live_studio
from tests.api.node_clients import node_modules
from tests.web.signed_in import DESK, looked_at, patient, stands
from tests.web.test_every_page import TOO_WIDE, WIDTHS, found_by
from tests.web.test_many_tabs import hide

NEW = "a harbour full of small boats"


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    return Creator(live)


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """Nobody has signed in in this browser."""
    with browser.new_context(viewport=DESK) as context:
        page = context.new_page()
        patient(page)
        yield page


@pytest.fixture
def settings(browser: Browser, ada: Creator) -> Iterator[Page]:
    """Ada looks at her settings."""
    with looked_at(browser, ada, "#/settings") as page:
        yield page


@pytest.fixture(scope="module")
def holds() -> Callable[[Page], None]:
    """axe finds nothing and nothing is too wide: on a large screen, and on a small one at night."""
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text()

    def hold(page: Page) -> None:
        for is_large in (True, False):
            page.emulate_media(color_scheme="light" if is_large else "dark")
            page.set_viewport_size({"width": WIDTHS[-1] if is_large else WIDTHS[0], "height": 800})
            assert found_by(page, axe) == []
            assert page.evaluate(TOO_WIDE) == []
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESK)

    return hold


def link_for(ada: Creator) -> str:
    """Out of the letter that was sent to her."""
    while ada.live.letters.send_next():
        pass
    letter = ada.live.post.letters[-1]
    assert letter.to == ada.email
    return next(line for line in letter.text.splitlines() if "://" in line)


def test_a_forgotten_password_is_set_anew_by_the_link_that_was_sent(
    stranger: Page, ada: Creator, holds: Callable[[Page], None]
) -> None:
    page = stranger
    page.goto(f"{ada.live.url}/#/gallery")
    page.get_by_role("link", name="Forgot password").click()
    stands(page, "password")
    holds(page)
    for email in ("nobody@example.org", ada.email):
        page.get_by_label("E-mail address").fill(email)
        page.keyboard.press("Enter")
        # The same is said of every address.
        expect(page.get_by_role("status").filter(has_text="If there is an account")).to_be_visible()
        if email == ada.email:
            holds(page)
        page.get_by_role("button", name="Ask again").click()
    page.goto(link_for(ada))
    expect(page.get_by_role("heading", name="Set a new password")).to_be_visible()
    holds(page)
    field = page.get_by_label("New password")
    field.fill("short")
    page.get_by_role("button", name="Set password").click()
    assert field.evaluate("field => field.validity.tooShort")
    field.fill("Password1234")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("one of the first passwords")
    field.fill(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Studio")).to_be_visible()
    assert "password" not in page.url
    ada.did("signIn", "token", email=ada.email, password=NEW)


def test_a_link_that_is_over_says_so_and_offers_another(stranger: Page, ada: Creator) -> None:
    page = stranger
    page.goto(f"{ada.live.url}/#/password/never-was")
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("alert")).to_contain_text("This link is over")
    page.get_by_role("link", name="Ask for a new link").click()
    expect(page.get_by_role("button", name="Send me a link")).to_be_visible()
    page.get_by_role("link", name="Back to signing in").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_whoever_else_was_signed_in_at_this_browser_is_so_no_longer(
    browser: Browser, live: LiveStudio, ada: Creator
) -> None:
    grace = Creator(live, "Grace")
    with looked_at(browser, grace, "#/settings") as page:
        expect(page.locator(".page")).to_contain_text(grace.email)
        ada.mutate("requestPasswordLink", email=ada.email)
        page.goto(link_for(ada))
        expect(page.get_by_role("heading", name="Set a new password")).to_be_visible()
        page.get_by_label("New password").fill(NEW)
        page.get_by_role("button", name="Set password").click()
        stands(page, "welcome")
        page.goto(f"{live.url}/#/settings")
        expect(page.locator(".page")).to_contain_text(ada.email)
        expect(page.locator(".page")).not_to_contain_text(grace.email)


def test_a_studio_without_post_says_whom_to_ask(
    browser: Browser, database: str, tmp_path: Any, holds: Callable[[Page], None]
) -> None:
    with (
        live_studio(database, tmp_path, letters=None) as studio,
        browser.new_context(viewport=DESK) as context,
    ):
        page = context.new_page()
        patient(page)
        page.goto(f"{studio.url}/#/password")
        expect(page.get_by_text("This studio has no post")).to_be_visible()
        expect(page.get_by_text("suite accounts password-link")).to_be_visible()
        expect(page.get_by_label("E-mail address")).to_have_count(0)
        holds(page)


def test_a_password_is_changed_in_the_settings_and_other_sessions_end(
    settings: Page, ada: Creator
) -> None:
    page = settings
    expect(page.locator(".sessions li")).to_have_count(2)
    page.get_by_label("Password that you have now").fill("not it at all")
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("This is not the password that you have now.")).to_be_visible()
    # What is right stays typed.
    expect(page.get_by_label("New password")).to_have_value(NEW)
    page.get_by_label("Password that you have now").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 other session ended.")).to_be_visible()
    expect(page.get_by_label("New password")).to_have_value("")
    expect(page.locator(".sessions li")).to_have_count(1)
    ada.did("signIn", "token", email=ada.email, password=NEW)


def test_sessions_are_named_and_ended(settings: Page, ada: Creator) -> None:
    page = settings
    for _ in range(2):
        ada.sign_in()
    page.reload()
    listed = page.locator(".sessions li")
    expect(listed).to_have_count(4)
    mine = listed.filter(has_text="This one")
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text("Chrome on Linux")
    expect(mine.get_by_role("button")).to_have_count(0)
    listed.last.get_by_role("button", name="End the session of Another program").click()
    expect(listed).to_have_count(3)
    expect(page.get_by_text("1 session ended.")).to_be_visible()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_focused()
    page.get_by_role("button", name="End all others").click()
    expect(listed).to_have_count(1)
    expect(page.get_by_role("button", name="End all others")).to_have_count(0)


def test_another_tab_whose_session_was_ended_asks_who_is_there(
    browser: Browser, settings: Page, ada: Creator
) -> None:
    with looked_at(browser, ada, "#/gallery") as elsewhere:
        settings.reload()
        settings.get_by_role("button", name="End all others").click()
        dialog = elsewhere.get_by_role("dialog", name="Your session has ended")
        expect(dialog).to_be_visible()
        dialog.get_by_role("link", name="Forgot password").click()
        expect(elsewhere.get_by_role("button", name="Send me a link")).to_be_visible()


def test_the_history_of_a_consent_has_its_texts_and_receipts(
    settings: Page, ada: Creator, holds: Callable[[Page], None]
) -> None:
    page, twin = settings, ada.trained()
    ada.rich()
    ada.images(twin, count=2)
    ada.did("takeBackConsentScopes", twin=twin, scopes=["clips"])
    ada.did("withdrawConsent", twin=twin)
    ada.live.settle()
    page.reload()
    opener = page.get_by_role("button", name="History of Ada at work")
    opener.click()
    dialog = page.get_by_role("dialog", name="History of Ada at work")
    expect(dialog.locator("h3")).to_have_text(
        ["All consent withdrawn", "Taken back", "Consent given", "Biometric release signed"]
    )
    withdrawn = dialog.get_by_role("listitem").filter(has_text="All consent withdrawn").first
    expect(withdrawn).to_contain_text("1 open job stopped")
    expect(withdrawn).to_contain_text("0.2 credits come back")
    expect(withdrawn).to_contain_text("files deleted")
    expect(dialog.get_by_role("listitem").filter(has_text="Taken back")).to_contain_text(
        "For clips"
    )
    holds(page)
    dialog.get_by_role("button", name="Read: Text version 2").click()
    text = page.get_by_role("dialog", name="Text version 2")
    expect(text).to_contain_text("I am an adult and the person in the photos")
    holds(page)
    page.keyboard.press("Escape")
    expect(text).to_have_count(0)
    # The step back of what was closed is on its way: a second one meanwhile would be none.
    page.wait_for_function("() => history.state?.layers === 1")
    page.go_back()
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_colours_contrast_and_motion_are_chosen_and_kept(
    settings: Page, holds: Callable[[Page], None]
) -> None:
    page = settings
    looks = page.locator("html")
    page.get_by_role("group", name="Contrast").get_by_label("High").check()
    holds(page)
    page.get_by_role("group", name="Colours").get_by_label("Dark").check()
    page.get_by_role("group", name="Motion").get_by_label("Less").check()
    page.reload()
    for look, value in (("contrast", "more"), ("theme", "dark"), ("motion", "less")):
        expect(looks).to_have_attribute(f"data-{look}", value)
    # High contrast was one of the colours once.
    page.evaluate("localStorage.setItem('suite.theme', '\"contrast\"')")
    page.evaluate("localStorage.removeItem('suite.contrast')")
    page.reload()
    for look, value in (("contrast", "more"), ("theme", "dark")):
        expect(looks).to_have_attribute(f"data-{look}", value)


# The browser's own tray cannot be read: what would be shown there is kept instead.
TRAY = """
window.told = [];
window.Notification = class {
  static permission = "default";
  static asked = 0;
  static async requestPermission() {
    Notification.asked += 1;
    Notification.permission = window.answer ?? "granted";
    return Notification.permission;
  }
  constructor(title, { body, tag }) { window.told.push({ title, body, tag }); }
};
"""


@pytest.fixture
def training(browser: Browser, ada: Creator) -> Iterator[tuple[Page, str, str]]:
    """Ada looks at the training of her twin, which has begun; the browser asks nobody yet."""
    twin = ada.ready_to_train()
    job = ada.training(twin)
    ada.live.settle()
    with looked_at(browser, ada, "#/gallery") as page:
        page.add_init_script(TRAY)
        page.clock.install()
        page.goto(f"{ada.live.url}/#/twins/{twin}/training")
        page.reload()
        yield page, twin, job


def asked_while_hidden(page: Page) -> None:
    """The next time at which the page asks has come, and it was answered."""
    named = DOCUMENTS.ids_by_name["WhileAway"]
    with page.expect_response(lambda answer: named in (answer.request.post_data or "")):
        page.clock.run_for(21_000)


def test_the_browser_tells_of_a_training_that_ends_while_the_tab_is_hidden(
    training: tuple[Page, str, str], ada: Creator
) -> None:
    page, _, job = training
    assert page.evaluate("Notification.asked") == 0
    page.get_by_role("button", name="Tell me when it is done").click()
    expect(page.get_by_text("You will be told when it is done")).to_be_visible()
    assert [one["body"] for one in page.evaluate("told")] == ["This is how you will be told."]
    hide(page, hidden=True)
    asked_while_hidden(page)
    assert len(page.evaluate("told")) == 1
    ada.finished(job)
    asked_while_hidden(page)
    page.wait_for_function("() => told.length === 2")
    told = page.evaluate("told")[-1]
    # The twin's name, and nothing else of hers.
    assert (told["title"], told["body"]) == ("Ada at work", "The training is done.")
    # It is told once.
    page.clock.run_for(60_000)
    assert len(page.evaluate("told")) == 2


def test_nobody_is_told_who_did_not_ask(training: tuple[Page, str, str], ada: Creator) -> None:
    page, _, job = training
    asked: list[str] = []
    named = DOCUMENTS.ids_by_name["WhileAway"]
    page.on("request", lambda one: asked.append(one.post_data or "") if one.post_data else None)
    hide(page, hidden=True)
    ada.finished(job)
    page.clock.run_for(45_000)
    hide(page, hidden=False)
    expect(page.get_by_text("Ada at work is ready")).to_be_visible()
    assert page.evaluate("told") == []
    assert page.evaluate("Notification.asked") == 0
    assert [one for one in asked if named in one] == []


def test_a_browser_that_says_no_is_believed_and_said_so(
    training: tuple[Page, str, str], ada: Creator
) -> None:
    page, _, _ = training
    page.evaluate("window.answer = 'denied'")
    page.get_by_role("button", name="Tell me when it is done").click()
    expect(page.get_by_text("This browser does not let the studio notify you")).to_be_visible()
    page.goto(f"{ada.live.url}/#/settings")
    box = page.get_by_label("Tell me when a training or a job ends")
    expect(box).not_to_be_checked()
    box.click()
    expect(box).not_to_be_checked()
    expect(page.get_by_text("This browser does not let the studio notify you")).to_be_visible()


def test_notifications_are_off_until_they_are_asked_for(
    training: tuple[Page, str, str], ada: Creator
) -> None:
    page, _, _ = training
    page.goto(f"{ada.live.url}/#/settings")
    box = page.get_by_label("Tell me when a training or a job ends")
    expect(box).not_to_be_checked()
    box.check()
    expect(box).to_be_checked()
    assert page.evaluate("Notification.asked") == 1
    box.uncheck()
    expect(box).not_to_be_checked()
    page.reload()
    expect(box).not_to_be_checked()
