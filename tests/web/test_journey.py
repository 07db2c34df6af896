"""From an address that one was told to a picture of oneself, clicked through in a real browser."""

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.api.creator import PASSWORD
from tests.api.live_studio import LiveStudio
from tests.web.at_work import at_work
from tests.web.hands import Hand, Keyboard, Pointer
from tests.web.signed_in import patient
from tests.web.test_twins_page import photos

LATENCY_MS = 400
BYTES_PER_S = 50_000
A_PHONE: ViewportSize = {"width": 375, "height": 720}
A_DESK: ViewportSize = {"width": 1280, "height": 860}
_numbers = count(1)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    patient(opened)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert complaints == []


def goes_the_whole_way(page: Page, live: LiveStudio, hand: Hand) -> None:
    """Account, verification, twin, photos, credits, training, pictures, gallery, clip of it."""
    email = f"newcomer.{next(_numbers)}@example.org"
    with at_work(live, email):
        page.goto(live.url)
        hand.press(page.get_by_role("button", name="I am new here"))
        hand.write(page.get_by_label("E-mail address"), email)
        hand.write(page.get_by_label("Password (12 characters or more)"), PASSWORD)
        hand.press(page.get_by_role("button", name="Create account"))

        hand.press(page.get_by_role("button", name="Verify now"))
        hand.press(page.get_by_role("button", name="Approve: an adult's document"))
        expect(page.get_by_text("Verified until")).to_be_visible()

        hand.press(page.get_by_role("link", name="Make a twin", exact=True))
        hand.write(page.get_by_label("Name"), "Nova")
        hand.press(page.get_by_role("button", name="Create twin"))
        hand.tick(page.get_by_label("I release my biometric data"))
        hand.press(page.get_by_role("button", name="Sign"))
        for scope in ("Training.", "Pictures.", "Clips."):
            hand.tick(page.get_by_label(scope))
        hand.tick(page.get_by_label("I am the person in these photos"))
        hand.press(page.get_by_role("button", name="Sign"))
        hand.choose(page.get_by_label("Choose photos"), photos(10))
        hand.press(page.get_by_role("button", name="Send 10 photos"))

        # Nothing can be trained for nothing: what is missing leads to where it is bought, and back.
        hand.press(page.get_by_role("link", name="Get credits"))
        hand.press(page.get_by_role("button", name="Buy for"))
        hand.press(page.get_by_role("button", name="Pay (no money moves)"))
        expect(page.locator("#balance")).to_contain_text("10 credits")
        goes_to(page, hand, "Twins")
        hand.press(page.get_by_role("link", name="Go on"))
        hand.press(page.get_by_role("button", name="Train · "))
        hand.press(page.get_by_role("link", name="Create with Nova").first)

        hand.write(page.get_by_label("Prompt", exact=True), "smiling, green top")
        hand.press(page.get_by_role("button", name="Create 4 · 0.4 credits"))
        results = page.get_by_role("main").locator("img[src*='/media/']")
        expect(results.first).to_be_visible()
        goes_to(page, hand, "Gallery")
        hand.press(page.get_by_role("link", name="smiling, green top").first)
        expect(page.get_by_text("AI-generated").first).to_be_visible()


def goes_to(page: Page, hand: Hand, place: str) -> None:
    """By the navigation of this screen."""
    hand.press(page.get_by_role("navigation", name="Studio").get_by_role("link", name=place))


def test_with_a_finger_on_a_phone(page: Page, live: LiveStudio) -> None:
    page.set_viewport_size(A_PHONE)
    goes_the_whole_way(page, live, Pointer())


def test_with_the_keyboard_alone(page: Page, live: LiveStudio) -> None:
    page.set_viewport_size(A_DESK)
    goes_the_whole_way(page, live, Keyboard(page))


def test_on_a_slow_line(page: Page, live: LiveStudio) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": BYTES_PER_S,
            "uploadThroughput": BYTES_PER_S,
        },
    )
    goes_the_whole_way(page, live, Pointer())
