"""The queue: what runs on top, nothing under the finger moves, and every end says what it cost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, ElementHandle, Locator, Page, Route, expect

from commands.jobs.fail_job import FailJob
from domain.checks import Check
from domain.job_state import JobFailure
from tests.api.creator import DOCUMENTS, Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.web.progress import comes_to
from tests.web.signed_in import goes_to, looked_at, stands
from tests.web.stand import picture_files

TOLD = 50
"""As many jobs as the feed tells of to begin with."""

RETRY = DOCUMENTS.ids_by_name["RetryJob"]


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    return Creator(live).verified().rich()


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    """Ada has signed in; where she goes the test says."""
    with looked_at(browser, ada) as page:
        yield page


def card(page: Page, prompt: str) -> Locator:
    return page.get_by_role("article", name=prompt)


def handle(locator: Locator) -> ElementHandle:
    found = locator.element_handle()
    assert found is not None
    return found


def fails(ada: Creator, job: str) -> None:
    ada.live.does(FailJob(uuid_of(job), JobFailure.SOURCE_GONE), ada.person)
    ada.live.settle()


def states(ada: Creator) -> list[Any]:
    ada.live.settle()
    return [edge["node"]["state"] for edge in ada.run("Jobs", first=50)["jobs"]["edges"]]


def test_what_runs_stands_on_top_and_what_waits_in_its_turn(page: Page, ada: Creator) -> None:
    ada.finished(ada.images(count=1, prompt="done long ago"))
    first = ada.images(count=1, prompt="first to wait")
    ada.images(count=1, prompt="second to wait")
    ada.live.settle()
    goes_to(page, "Queue")
    shown = page.locator(".job-section, .job-title")
    expect(shown).to_have_text(
        ["Waiting 2", "first to wait", "second to wait", "Finished 1", "done long ago"]
    )
    claim = ada.claimed(first)
    ada.live.settle()
    comes_to(5, claim, ada)
    expect(shown).to_have_text(
        ["Running 1", "first to wait", "Waiting 1", "second to wait", "Finished 1", "done long ago"]
    )
    expect(card(page, "first to wait")).to_contain_text("Drawing · 20 %")
    done = card(page, "done long ago")
    expect(done).to_contain_text("1 picture · 0.1 credits")
    assert "#/gallery/" in str(done.get_by_role("link").first.get_attribute("href"))


def test_a_button_under_the_finger_is_the_same_while_its_job_begins_and_runs(
    page: Page, ada: Creator
) -> None:
    job = ada.images(count=1)
    ada.live.settle()
    goes_to(page, "Queue")
    row = card(page, "a lighthouse in fog")
    cancel = row.get_by_role("button", name="Cancel")
    cancel.focus()
    button = handle(cancel)
    claim = ada.claimed(job)
    ada.live.settle()
    for step in (5, 10):
        comes_to(step, claim, ada)
        expect(row).to_contain_text(f"Drawing · {4 * step} %")
    assert button.evaluate("one => one.isConnected && document.activeElement === one")
    bar = row.get_by_role("progressbar")
    assert bar.evaluate("one => [one.value, one.max]") == [40, 100]


def test_a_job_that_begins_leaves_the_others_where_they_are(page: Page, ada: Creator) -> None:
    ada.images(count=1)
    ada.live.settle()
    goes_to(page, "Queue")
    cancel = page.get_by_role("button", name="Cancel")
    cancel.focus()
    button = handle(cancel)
    ada.images(count=1)
    ada.live.settle()
    expect(cancel).to_have_count(2)
    assert button.evaluate("one => document.activeElement === one")


def test_no_click_that_was_meant_to_cancel_tries_again(page: Page, ada: Creator) -> None:
    job = ada.images(count=1)
    ada.live.settle()
    goes_to(page, "Queue")
    row = card(page, "a lighthouse in fog")
    cancel = row.get_by_role("button", name="Cancel")
    cancel.hover()
    before = cancel.bounding_box()
    ada.images(count=1, prompt="comes in above")
    ada.claimed(job)
    fails(ada, job)
    expect(row).to_contain_text("The picture that it was to begin with is gone.")
    assert cancel.bounding_box() == before
    cancel.click()
    expect(page.get_by_role("status").filter(has_text="It has ended already.")).to_be_visible()
    page.mouse.move(0, 0)
    expect(row.get_by_role("button", name="Try again · 0.1 credits")).to_be_visible()
    assert sorted(states(ada)) == ["FAILED", "REQUESTED"]


def test_cancelling_asks_first_and_says_what_comes_back(page: Page, ada: Creator) -> None:
    ada.images(count=2)
    ada.live.settle()
    goes_to(page, "Queue")
    row = card(page, "a lighthouse in fog")
    row.get_by_role("button", name="Cancel").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("a lighthouse in fog")
    expect(asked).to_contain_text("0.2 credits come back")
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    assert states(ada) == ["REQUESTED"]
    row.get_by_role("button", name="Cancel").click()
    asked.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_role("status").filter(has_text="Cancelled.")).to_be_visible()
    ada.live.settle()
    expect(row).to_contain_text("Cancelled · 0.2 credits returned")
    assert states(ada) == ["CANCELLED"]


def test_what_failed_says_why_and_is_asked_for_once_more_at_its_price(
    page: Page, ada: Creator
) -> None:
    fails(ada, ada.images(count=2))
    ada.finished(ada.images(count=4, prompt="partly"), failed={1: [Check.FACE_COUNT]})
    goes_to(page, "Queue")
    expect(card(page, "partly")).to_contain_text("3 of 4 released, 0.3 of 0.4 credits")
    expect(card(page, "partly")).to_contain_text("Not released: ")
    row = card(page, "a lighthouse in fog")
    expect(row).to_contain_text("0.2 credits returned")
    again = row.get_by_role("button", name="Try again · 0.2 credits")
    with page.expect_response(lambda answer: RETRY in (answer.request.post_data or "")):
        again.dblclick()
    ada.live.settle()
    expect(card(page, "a lighthouse in fog")).to_have_count(2)
    assert states(ada).count("REQUESTED") == 1


def test_what_was_tried_again_leads_to_its_new_try_and_offers_no_second(
    page: Page, ada: Creator
) -> None:
    job = ada.images(count=1)
    fails(ada, job)
    goes_to(page, "Queue")
    old = page.locator(f'[data-job="{job}"]')
    try_again, tried = old.get_by_role("button"), old.get_by_role("link", name="Tried again")
    expect(try_again).to_have_text("Try again · 0.1 credits")
    # In another tab.
    again = str(ada.did("retryJob", "job", job=job, priceVersion=1)["job"])
    ada.live.settle()
    expect(tried).to_be_visible()
    expect(try_again).to_have_count(0)
    tried.click()
    new = page.locator(f'[data-job="{again}"]')
    expect(new).to_be_focused()
    # It is that also when its new try has come to its end.
    fails(ada, again)
    page.mouse.move(0, 0)
    page.reload()
    expect(new.get_by_role("button", name="Try again")).to_be_visible()
    expect(tried).to_be_visible()
    expect(try_again).to_have_count(0)
    new.get_by_role("button", name="Try again").press("Enter")
    expect(new.get_by_role("link", name="Tried again")).to_be_focused()


def test_keys_move_select_and_cancel(page: Page, ada: Creator) -> None:
    for prompt in ("one", "two", "three"):
        ada.images(count=1, prompt=prompt)
    ada.live.settle()
    goes_to(page, "Queue")
    expect(page.get_by_role("article")).to_have_count(3)
    page.keyboard.press("j")
    expect(card(page, "one")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(card(page, "three")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("k")
    expect(card(page, "two")).to_be_focused()
    page.keyboard.press("c")
    asked = page.get_by_role("dialog", name="Cancel 2 jobs?")
    asked.get_by_role("button", name="Cancel the jobs").click()
    expect(page.get_by_role("status").filter(has_text="2 jobs cancelled.")).to_be_visible()
    ada.live.settle()
    expect(card(page, "three")).to_contain_text("Cancelled")
    assert sorted(states(ada)) == ["CANCELLED", "CANCELLED", "REQUESTED"]


def titles(page: Page) -> Locator:
    return page.locator(".job-title")


def standing(page: Page, prompt: str) -> Locator:
    return card(page, prompt).locator(".job-standing")


def place(page: Page, prompt: str) -> str:
    """Where in line it says that it is."""
    return standing(page, prompt).inner_text().split(" · ")[0]


def test_a_waiting_job_is_moved_up_by_key_and_by_hand_and_stays_so(
    page: Page, ada: Creator
) -> None:
    for prompt in ("one", "two", "three"):
        ada.images(count=1, prompt=prompt)
    ada.live.settle()
    goes_to(page, "Queue")
    expect(titles(page)).to_have_text(["one", "two", "three"])
    # Others wait in this studio, too: nobody's place but these three changes.
    places = [place(page, prompt) for prompt in ("one", "two", "three")]
    up = card(page, "three").get_by_role("button", name="Move up: three")
    # Two presses are two steps, and the button stays under the finger.
    up.focus()
    button = handle(up)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text(["three", "one", "two"])
    assert button.evaluate("one => document.activeElement === one")
    expect(up).to_have_attribute("aria-disabled", "true")
    expect(standing(page, "three")).to_contain_text(places[0])
    ada.live.settle()
    for prompt, its in zip(("three", "one", "two"), places, strict=True):
        expect(standing(page, prompt)).to_contain_text(its)
    page.reload()
    expect(titles(page)).to_have_text(["three", "one", "two"])
    # Nothing moves under the finger of who presses with a mouse.
    up = card(page, "two").get_by_role("button", name="Move up: two")
    up.hover()
    box = up.bounding_box()
    up.click()
    ada.live.settle()
    expect(standing(page, "two")).to_contain_text(places[1])
    assert up.bounding_box() == box
    page.mouse.move(0, 0)
    expect(titles(page)).to_have_text(["three", "two", "one"])
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(card(page, "two")).to_be_focused()
    page.keyboard.press("u")
    expect(titles(page)).to_have_text(["two", "three", "one"])


def test_a_job_that_begins_meanwhile_is_not_passed_and_it_is_said(page: Page, ada: Creator) -> None:
    first = ada.images(count=1, prompt="first")
    ada.images(count=1, prompt="second")
    ada.live.settle()
    goes_to(page, "Queue")
    expect(titles(page)).to_have_text(["first", "second"])
    # Its beginning is not told yet.
    ada.claimed(first)
    row = card(page, "second")
    row.get_by_role("button", name="Move up: second").click()
    expect(row.get_by_role("alert")).to_contain_text("The line has moved meanwhile.")
    ada.live.settle()
    expect(card(page, "first")).to_contain_text("Getting ready")


def test_what_runs_is_on_top_however_much_was_asked_for_since(page: Page, ada: Creator) -> None:
    first = ada.images(count=1, prompt="runs")
    for number in range(TOLD + 1):
        ada.images(count=1, prompt=f"number {number}")
    ada.claimed(first)
    ada.live.settle()
    goes_to(page, "Queue")
    page.reload()
    expect(titles(page).first).to_have_text("runs")
    expect(page.locator(".job-section").first).to_have_text("Running 1")


def test_what_is_done_elsewhere_is_told_with_its_picture(page: Page, ada: Creator) -> None:
    job = ada.images(count=1)
    ada.live.settle()
    goes_to(page, "Settings")
    ada.finished(job, picture_files(1))
    [picture] = ada.gallery()
    told = page.get_by_role("status").filter(has_text="Your pictures: done.")
    shown = told.locator("img")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("complete", value=True)
    assert shown.evaluate("one => one.naturalWidth") > 0
    told.get_by_role("link", name="Look").click()
    page.wait_for_url(f"**/#/gallery/{picture['id']}*")


def test_who_has_no_worker_is_told_and_since_when(page: Page, ada: Creator) -> None:
    ada.images(count=1)
    ada.live.settle()
    told = page.get_by_role("status").filter(has_text="worker")

    def nobody(since: str | None) -> None:
        def answer(route: Route) -> None:
            true = route.fetch()
            body = true.json()
            catalogue = (body.get("data") or {}).get("catalogue")
            if catalogue:
                catalogue["attendance"] |= {"workersAlive": 0, "noWorkerSince": since}
            route.fulfill(response=true, json=body)

        page.unroute_all(behavior="wait")
        page.route("**/graphql", answer)

    nobody((datetime.now(UTC) - timedelta(minutes=5)).isoformat())
    goes_to(page, "Queue")
    expect(told).to_contain_text("The last worker left 5 minutes ago.")
    goes_to(page, "Credits")
    nobody(None)
    goes_to(page, "Queue")
    expect(told).to_contain_text("No worker is connected just now.")
    page.unroute_all(behavior="wait")


def test_enter_opens_what_was_made_and_not_a_button_in_it(page: Page, ada: Creator) -> None:
    ada.finished(ada.images(count=1))
    [picture] = ada.gallery()
    goes_to(page, "Queue")
    expect(page.get_by_role("article")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/#/gallery/{picture['id']}*")


def test_the_drawer_shows_the_queue_over_any_page_and_back_closes_it(
    page: Page, ada: Creator
) -> None:
    ada.images(count=1)
    ada.live.settle()
    goes_to(page, "Credits")
    page.locator("#queue-chip").click()
    drawer = page.get_by_role("dialog", name="Queue")
    expect(drawer.get_by_role("article", name="a lighthouse in fog")).to_be_visible()
    assert drawer.locator(".job").evaluate("one => getComputedStyle(one).display") == "grid"
    page.go_back()
    expect(drawer).to_have_count(0)
    expect(page.get_by_role("heading", name="Credits", exact=True)).to_be_visible()


def test_a_link_in_the_drawer_leaves_no_step_of_back_that_does_nothing(
    page: Page, ada: Creator
) -> None:
    goes_to(page, "Gallery")
    goes_to(page, "Credits")
    page.locator("#queue-chip").click()
    drawer = page.get_by_role("dialog", name="Queue")
    drawer.get_by_role("link", name="Create something").click()
    stands(page, "create")
    expect(drawer).to_have_count(0)
    for before in ("credits", "gallery"):
        page.go_back()
        stands(page, before)
        expect(drawer).to_have_count(0)


def test_older_jobs_come_by_the_page(page: Page, ada: Creator) -> None:
    for number in range(TOLD + 2):
        job = ada.images(count=1, prompt=f"number {number}")
        ada.did("cancelJob", job=job)
    ada.live.settle()
    goes_to(page, "Queue")
    page.reload()
    expect(card(page, f"number {TOLD + 1}")).to_be_visible()
    expect(card(page, "number 0")).to_have_count(0)
    page.get_by_role("button", name="Show older ones").click()
    expect(card(page, "number 0").first).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(TOLD + 2)
    expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)
