"""Credits on the page: what a person reads of their money, and what they can do about it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from adapters.payment.sandbox import CheckoutStatus
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.web.signed_in import looked_at


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    return Creator(live).verified()


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    """Ada looks at her credits."""
    with looked_at(browser, ada, "#/credits") as page:
        yield page


def test_a_package_is_bought_and_the_payment_is_seen_to_arrive(page: Page, ada: Creator) -> None:
    page.get_by_role("radio", name="50 credits").check()
    page.get_by_role("button", name="Buy for €39.00").click()
    page.wait_for_url("**/sandbox/payment/**")
    checkout = page.url
    page.goto(f"{ada.live.url}/#/credits?paid=1")
    ada.live.settle()
    expect(page.get_by_text("Confirming payment…")).to_be_visible()
    ada.pay(checkout)
    expect(page.get_by_text("50 credits are yours.")).to_be_visible()
    expect(page.locator("#balance")).to_contain_text("50 credits")
    expect(page.get_by_role("row", name="Credits bought (studio)")).to_contain_text("+50")
    page.get_by_role("button", name="Receipt").click()
    expect(page.get_by_role("dialog")).to_contain_text("€39.00")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (CheckoutStatus.FAILED, "The card was declined."),
        (CheckoutStatus.EXPIRED, "The checkout was not finished in time."),
    ],
)
def test_what_came_to_nothing_says_why_and_is_tried_again(
    page: Page, ada: Creator, status: CheckoutStatus, said: str
) -> None:
    ada.pay(ada.checkout(), status)
    expect(page.get_by_text(said)).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/sandbox/payment/**")


def test_a_click_after_a_lost_answer_pays_once(page: Page, ada: Creator) -> None:
    buy = page.get_by_role("button", name="Buy for")
    expect(buy).to_be_visible()

    def lost(route: Route) -> None:
        # The studio has heard it; its answer gets lost on the way.
        route.fetch()
        route.abort()

    page.route("**/graphql", lost)
    buy.click()
    # The page says so elsewhere, too: what it reads by itself is lost as well.
    expect(page.locator("form", has=buy).get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute_all(behavior="wait")
    buy.click()
    page.wait_for_url("**/sandbox/payment/**")
    ada.live.settle()
    found = ada.run("Purchases", first=10)["wallet"]["purchases"]["edges"]
    assert len(found) == 1


def test_what_a_job_held_took_and_gave_back_is_one_line(page: Page, ada: Creator) -> None:
    ada.rich()
    job = ada.images(count=2)
    ada.live.settle()
    row = page.get_by_role("row", name="2 pictures · a lighthouse in fog")
    expect(row).to_contain_text("0.2 held until it is done")
    ada.finished(job)
    expect(row).to_contain_text("-0.2")
    expect(row).not_to_contain_text("held")
    expect(page.get_by_text("wallet.")).to_have_count(0)
    page.get_by_role("button", name="Bought").click()
    expect(row).to_have_count(0)


def test_the_entries_are_saved_as_a_table(page: Page, ada: Creator) -> None:
    ada.rich()
    expect(page.get_by_role("row", name="Credits bought (starter)")).to_be_visible()
    with page.expect_download() as begun:
        page.get_by_role("button", name="Save as CSV").click()
    text = begun.value.path().read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].split(",")[4:6] == ['"10"', '"10"']
