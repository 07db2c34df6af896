"""Credits on the page: what a person reads of their money, and what they can do about it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from adapters.payment.sandbox import CheckoutStatus
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.web.signed_in import looked_at

ENTRIES_SHOWN = 40
PURCHASES_SHOWN = 8


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


def bought(ada: Creator) -> int:
    """How many purchases were begun."""
    ada.live.settle()
    return len(ada.run("Purchases", first=10)["wallet"]["purchases"]["edges"])


def its_answer_gets_lost(page: Page, buy: Locator) -> None:
    """The studio hears of it; whoever pressed does not hear of the studio."""

    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    expect(buy).to_be_visible()
    page.route("**/graphql", lost)
    buy.click()
    # The page says so elsewhere, too: what it reads by itself is lost as well.
    expect(page.locator("form", has=buy).get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute_all(behavior="wait")


def test_a_click_after_a_lost_answer_pays_once(page: Page, ada: Creator) -> None:
    buy = page.get_by_role("button", name="Buy for")
    its_answer_gets_lost(page, buy)
    buy.click()
    page.wait_for_url("**/sandbox/payment/**")
    assert bought(ada) == 1


def test_a_click_after_a_lost_answer_and_a_reload_pays_once(page: Page, ada: Creator) -> None:
    buy = page.get_by_role("button", name="Buy for")
    its_answer_gets_lost(page, buy)
    page.reload()
    buy.click()
    page.wait_for_url("**/sandbox/payment/**")
    assert bought(ada) == 1


def test_what_is_open_is_paid_where_it_was_left(page: Page, ada: Creator) -> None:
    checkout = ada.checkout("studio")
    ada.checkout("starter")
    ada.live.settle()
    row = page.locator(".purchase", has_text="50 credits")
    row.get_by_role("button", name="Pay now").click()
    page.wait_for_url(checkout)
    # Back without having paid: the same way stays open.
    page.goto(f"{ada.live.url}/#/credits?paid=1")
    expect(row).to_contain_text("Confirming payment…")
    row.get_by_role("button", name="Back to the checkout").click()
    page.wait_for_url(checkout)
    page.goto(f"{ada.live.url}/#/credits?paid=1")
    ada.pay(checkout)
    expect(page.get_by_text("50 credits are yours.")).to_be_visible()
    assert bought(ada) == 2


def test_buying_what_another_tab_has_begun_to_buy_leads_to_its_checkout(
    page: Page, ada: Creator
) -> None:
    checkout = ada.checkout("studio")
    ada.live.settle()
    expect(page.get_by_text("Not paid yet")).to_be_visible()
    page.get_by_role("radio", name="50 credits").check()
    page.get_by_role("button", name="Buy for €39.00").click()
    page.wait_for_url(checkout)
    assert bought(ada) == 1
    ada.pay(checkout)
    page.goto(f"{ada.live.url}/#/credits")
    expect(page.get_by_text("Paid", exact=True)).to_be_visible()
    page.get_by_role("radio", name="50 credits").check()
    page.get_by_role("button", name="Buy for €39.00").click()
    page.wait_for_url("**/sandbox/payment/**")
    assert bought(ada) == 2


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


def test_what_is_held_is_said_job_by_job_and_what_was_spent_this_month(
    page: Page, ada: Creator
) -> None:
    ada.rich()
    done = ada.images(count=1, prompt="done")
    for number in range(6):
        ada.images(count=1, prompt=f"job {number}")
    ada.finished(done)
    card = page.locator(".balance-card")
    expect(card.locator("dl > div", has_text="Spent this month")).to_contain_text("0.1")
    held = card.locator(".held")
    expect(held).to_contain_text("Held for 6 open jobs")
    rows = held.get_by_role("listitem")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("1 picture · job 5")
    expect(rows.first).to_contain_text("0.1")
    expect(held.get_by_role("link", name="and 1 more")).to_be_visible()
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("article", name="job 5")).to_be_focused()


def test_a_package_says_what_it_buys(page: Page) -> None:
    smallest = page.locator(".package").first
    expect(smallest.locator(".buys")).to_have_text(re.compile(r"^one twin \+ \d+ pictures$"))


def test_a_balance_below_the_last_jobs_price_marks_the_chip(page: Page, ada: Creator) -> None:
    ada.rich()
    ada.images(count=4)
    ada.live.settle()
    chip = page.locator("a.chip")
    expect(chip).to_contain_text("held")
    expect(chip).not_to_have_class(re.compile("is-low"))
    spend_all(ada)
    expect(chip).to_have_class(re.compile("is-low"))
    expect(chip).to_contain_text("Low: less than your last job cost")


def spend_all(ada: Creator) -> None:
    """Ask for pictures until the credits that are left suffice for no more of them."""
    while ada.wallet()["available"] >= 800:
        ada.images(count=8)
        ada.live.settle()


def test_a_filter_and_a_file_hold_all_there_is_and_what_was_read_stays(
    page: Page, ada: Creator
) -> None:
    ada.rich()
    for _ in range(ENTRIES_SHOWN // 2 + 2):
        ada.did("cancelJob", job=ada.images(count=1))
    ada.live.settle()
    page.reload()
    bought = page.get_by_role("row", name="Credits bought (starter)")
    expect(page.get_by_role("button", name="Older entries")).to_be_visible()
    expect(bought).to_have_count(0)
    page.get_by_role("button", name="Bought").click()
    expect(bought).to_have_count(1)
    expect(page.get_by_role("button", name="Older entries")).to_have_count(0)
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Older entries").click()
    expect(bought).to_have_count(1)
    # Something new comes, and nothing of what was read goes.
    ada.images(count=1, prompt="something new")
    ada.live.settle()
    expect(page.get_by_role("row", name="something new")).to_be_visible()
    expect(bought).to_have_count(1)
    page.reload()
    with page.expect_download() as begun:
        page.get_by_role("button", name="Save as JSONL").click()
    lines = begun.value.path().read_text().splitlines()
    assert len(lines) == 2 * (ENTRIES_SHOWN // 2 + 2) + 2


def test_who_has_no_such_entry_is_told_so(page: Page, ada: Creator) -> None:
    ada.rich()
    page.get_by_role("button", name="Spent", exact=True).click()
    expect(page.get_by_text("There is no such entry.")).to_be_visible()


def test_an_entry_leads_to_its_purchase_however_many_came_since(page: Page, ada: Creator) -> None:
    ada.rich("studio")
    for _ in range(PURCHASES_SHOWN + 1):
        ada.pay(ada.checkout(), CheckoutStatus.EXPIRED)
    expect(page.locator(".purchase", has_text="Paid")).to_have_count(0)
    page.get_by_role("link", name="Credits bought (studio)").click()
    row = page.locator(".purchase", has_text="50 credits for")
    expect(row).to_be_focused()
    row.get_by_role("button", name="Receipt").click()
    expect(page.get_by_role("dialog")).to_contain_text("€39.00")
    # The same once more.
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Credits bought (studio)").click()
    expect(row).to_be_focused()
