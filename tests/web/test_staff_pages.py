"""The pages of staff: an operator sees how the studio is, an auditor checks the ledger alone."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from commands.jobs.fail_job import FailJob
from domain.job_state import JobFailure
from domain.kernel.role import Role
from queries.survey.pseudonym import pseudonym
from queries.viewer import as_viewer
from queries.wallet.equations import ledger_slice
from tests.api.creator import DOCUMENTS, Creator, somebody, uuid_of
from tests.api.live_studio import LiveStudio
from tests.web.signed_in import looked_at
from tests.web.staffed import staffed

PROMPT = "a lighthouse in fog"
COPY = "**/audit/ledger.jsonl"
PARTS = ("entries", "owners", "available", "reserved", "spent")


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Creator:
    """Has bought, asked twice for pictures, and one of the jobs has failed."""
    found = Creator(live, "Ada").verified().rich()
    found.images(prompt=PROMPT, count=2)
    failed = found.images(prompt=PROMPT)
    live.does(FailJob(uuid_of(failed), JobFailure.DEADLINE_PASSED), found.person)
    live.settle()
    staffed(live)
    return found


@pytest.fixture
def operator(browser: Browser, live: LiveStudio, ada: Creator) -> Iterator[Page]:
    """An operator has signed in, at no address of their own."""
    with looked_at(browser, somebody(live, Role.OPERATOR)) as page:
        yield page


@pytest.fixture
def auditor(browser: Browser, live: LiveStudio, ada: Creator) -> Iterator[Page]:
    with looked_at(browser, somebody(live, Role.AUDITOR)) as page:
        yield page


def tile(page: Page, name: str) -> Locator:
    """A number that an operator looks at."""
    return page.locator(".operator-tiles > div").filter(has_text=name)


def test_an_operator_sees_how_the_studio_is_and_nobody_in_it(operator: Page, ada: Creator) -> None:
    page = operator
    expect(page.get_by_role("heading", level=1)).to_have_text("Operator")
    expect(tile(page, "Jobs that wait")).to_contain_text("1")
    expect(tile(page, "Workers")).to_contain_text("and 1 screener")
    expect(tile(page, "Parked")).to_contain_text("Needs you")
    expect(page.get_by_role("row", name="bench")).to_contain_text("NVIDIA H100, 80 GiB")
    expect(page.get_by_role("row", name="StoredEventUnreadable")).to_contain_text("message:")
    mine = page.get_by_role("row", name=pseudonym(ada.person))
    expect(mine).to_contain_text("2 pictures")
    page.get_by_role("button", name="Failed").click()
    expect(mine).to_contain_text("Its deadline passed")
    page.reload()
    expect(mine).to_contain_text("Its deadline passed")
    said = page.locator("#content").inner_text()
    for private in (PROMPT, str(ada.person), ada.email):
        assert private not in said
    expect(page.locator("#content img")).to_have_count(0)


def test_it_is_asked_again_while_somebody_looks_and_not_while_they_do_not(
    browser: Browser, live: LiveStudio, ada: Creator
) -> None:
    with looked_at(browser, somebody(live, Role.OPERATOR), "#/settings") as page:
        asked: list[str] = []
        page.on("request", lambda sent: asked.append(sent.url) if "graphql" in sent.url else None)
        page.clock.install()
        page.get_by_role("navigation", name="Studio").get_by_role("link", name="Operator").click()
        expect(tile(page, "Workers")).to_be_visible()
        with page.expect_response("**/graphql"):
            page.clock.run_for(5_000)
        page.evaluate(
            "() => { Object.defineProperty(document, 'hidden', { get: () => true, "
            "configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }"
        )
        page.clock.run_for(6_000)
        asked.clear()
        page.clock.run_for(120_000)
        assert asked == []
        with page.expect_response("**/graphql"):
            page.evaluate(
                "() => { delete document.hidden; "
                "document.dispatchEvent(new Event('visibilitychange')); }"
            )


def test_what_needs_an_operator_the_studio_says_and_the_page_only_draws(operator: Page) -> None:
    page = operator
    expect(tile(page, "Workers")).to_be_visible()

    def judged_otherwise(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        seen = body["data"].get("operations")
        if seen is not None:
            seen["concerns"] = ["WAITS_TOO_LONG", "EFFECTS_LATE"]
            seen["readModels"]["seconds"] = 9_999
        route.fulfill(response=answer, json=body)

    page.route("**/graphql", judged_otherwise)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(tile(page, "Longest wait")).to_contain_text("Needs you")
    expect(tile(page, "Read-model lag")).not_to_contain_text("Needs you")
    expect(tile(page, "Parked")).not_to_contain_text("Needs you")
    expect(page.locator("p.danger", has_text="effects of events")).to_be_visible()
    page.unroute_all(behavior="wait")


@pytest.mark.parametrize("place", ["operator", "auditor"])
def test_who_lacks_the_role_finds_no_such_page(
    browser: Browser, live: LiveStudio, ada: Creator, place: str
) -> None:
    with looked_at(browser, ada, f"#/{place}") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
        expect(page.get_by_role("link", name="To your studio")).to_be_visible()
        expect(page.get_by_role("link", name=place.capitalize())).to_have_count(0)


def test_whose_role_ends_finds_no_such_page_any_more(
    browser: Browser, live: LiveStudio, ada: Creator
) -> None:
    who = somebody(live, Role.OPERATOR)
    with looked_at(browser, who) as page:
        expect(tile(page, "Workers")).to_be_visible()
        live.accounts.set_role(who.person, Role.CREATOR)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.get_by_text("There is no such page").last).to_be_visible()
        expect(tile(page, "Workers")).to_have_count(0)


def test_an_auditor_looks_at_a_position_and_at_one_owner(
    auditor: Page, live: LiveStudio, ada: Creator
) -> None:
    page, hers = auditor, str(ada.person)
    expect(page.get_by_text("All 7 hold")).to_be_visible()
    row = page.get_by_role("row", name=hers)
    expect(row).to_contain_text("0.2")
    page.get_by_role("link", name=f"Statement of {hers}").click()
    statement = page.locator(".audit-statement")
    expect(statement.get_by_role("row")).to_have_count(5)
    expect(statement).to_contain_text("Held for a job")
    expect(statement).to_contain_text("sold → available")
    first = statement.get_by_role("row", name="Bought").get_by_role("cell").first.inner_text()
    page.get_by_label("Position", exact=True).fill(first.replace(",", ""))
    page.get_by_label("Position", exact=True).press("Enter")
    expect(statement.get_by_role("row")).to_have_count(2)
    expect(page.get_by_text("All 6 hold")).to_be_visible()
    page.locator("h1").focus()
    page.keyboard.press("[")
    expect(statement.get_by_text("This owner has no entry")).to_be_visible()
    page.keyboard.press("]")
    expect(statement.get_by_role("row")).to_have_count(2)
    page.reload()
    expect(statement.get_by_role("row")).to_have_count(2)
    page.get_by_label("Position in the log").focus()
    page.keyboard.press("End")
    expect(statement.get_by_role("row")).to_have_count(5)
    expect(page.get_by_text("wallet.")).to_have_count(0)


def test_two_positions_are_compared_and_the_entries_in_between_are_shown(
    auditor: Page, live: LiveStudio, ada: Creator
) -> None:
    page, hers = auditor, str(ada.person)
    expect(page.get_by_text("All 7 hold")).to_be_visible()
    newest = int(page.get_by_label("Position in the log").get_attribute("max") or 0)
    compared = page.locator(".audit-compared")
    compared.get_by_label("Compare with position").fill("0")
    compared.get_by_role("button", name="Compare").click()
    row = compared.get_by_role("row", name=hers)
    expect(row).to_contain_text("0 → 9.8 +9.8")
    row.get_by_role("link").click()
    statement = page.locator(".audit-statement")
    expect(statement.get_by_role("row")).to_have_count(5)
    expect(statement).to_contain_text("between positions 0 and")
    # What is compared stands in the address, and follows the position that is looked at.
    page.reload()
    expect(statement.get_by_role("row")).to_have_count(5)
    compared.get_by_label("Compare with position").fill(str(newest))
    compared.get_by_role("button", name="Compare").click()
    expect(compared.get_by_text("Nobody's balance changed")).to_be_visible()
    expect(statement.get_by_text("This owner has no entry")).to_be_visible()
    page.locator("h1").focus()
    page.keyboard.press("[")
    expect(statement.get_by_role("row")).to_have_count(2)
    expect(row).to_be_visible()
    compared.get_by_role("button", name="Stop comparing").click()
    expect(statement.get_by_role("row")).to_have_count(4)


def test_a_ledger_of_more_than_a_slice_is_added_up_until_its_end(
    auditor: Page, live: LiveStudio, ada: Creator
) -> None:
    page = auditor
    expect(page.get_by_text("All 7 hold")).to_be_visible()
    sums = page.locator(".audit-sums")
    whole = sums.inner_text()
    # Whoever answers in the studio's stead cuts the slices at each entry.
    document = DOCUMENTS.ids_by_name["LedgerSlice"]
    asked: list[Any] = []

    def one_entry(route: Route) -> None:
        body: Any = route.request.post_data_json
        if document not in json.dumps(body):
            route.continue_()
            return
        asked.append(body["variables"])
        with as_viewer(live.parts.connections, ada.person, Role.AUDITOR) as view:
            until, after = int(body["variables"]["until"]), int(body["variables"]["after"] or 0)
            cut = ledger_slice(view, until=until, after=after, size=1)
        value = {
            "__typename": "LedgerSlice",
            "upTo": str(cut.up_to),
            "isLast": cut.is_last,
            **{name: getattr(cut, name) for name in PARTS},
            "sides": [
                {"rule": side.rule.name, "left": side.left, "right": side.right}
                for side in cut.sides
            ],
        }
        route.fulfill(json={"data": {"ledgerSlice": value}})

    page.route("**/graphql", one_entry)
    page.reload()
    expect(page.get_by_text("All 7 hold")).to_be_visible()
    assert sums.inner_text() == whole
    assert len(asked) > 4
    page.unroute_all(behavior="wait")


def test_a_key_that_is_held_asks_for_the_position_at_which_it_is_let_go(auditor: Page) -> None:
    page = auditor
    slider = page.get_by_label("Position in the log")
    newest = int(slider.get_attribute("max") or 0)
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(str(sent.post_data)) if sent.post_data else None)
    page.clock.install()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.clock.run_for(1_000)
    expect(page.get_by_text("All 6 hold")).to_be_visible()
    page.clock.run_for(10_000)
    assert [f'"asOf":"{newest - 5}"' in one for one in asked if '"asOf"' in one] == [True]


def test_the_whole_chain_is_checked_here_and_its_head_is_noted(auditor: Page) -> None:
    page = auditor
    page.get_by_role("button", name="Check the chain here").click()
    expect(page.get_by_role("heading", name="The chain is whole")).to_be_visible()
    expect(page.get_by_text("The copy comes to the same balances")).to_be_visible()
    page.get_by_role("button", name="Note this head here").click()
    expect(page.get_by_text("Noted in this browser")).to_be_visible()
    head = page.get_by_label("Head that you noted before").input_value()
    assert re.fullmatch("[0-9a-f]{64}", head)
    expect(page.locator(".command")).to_contain_text(f"--head {head}")
    page.reload()
    page.get_by_role("button", name="Check the chain here").click()
    expect(page.get_by_text("occurs at position")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save verify.py").click()
    assert b"def main" in saved.value.path().read_bytes()


def forged(page: Page, old: bytes, new: bytes, *, keep: int | None = None) -> int:
    """Whoever answers in the studio's stead changes one row. Answers its position."""
    changed: list[int] = []

    def answer(route: Route) -> None:
        true = route.fetch()
        lines = true.body().splitlines(keepends=True)
        place = next(number for number, line in enumerate(lines) if old in line)
        changed.append(place)
        lines[place] = lines[place].replace(old, new, 1)
        headers = {"ledger-rows": true.headers["ledger-rows"], "content-type": "text/plain"}
        route.fulfill(status=200, headers=headers, body=b"".join(lines[:keep]))

    page.route(COPY, answer)
    page.get_by_role("button", name="Check the chain here").click()
    expect(page.get_by_role("heading", name="The chain is broken")).to_be_visible()
    return changed[0]


def test_a_forged_row_is_found_in_the_browser_and_named(auditor: Page) -> None:
    position = forged(auditor, b'"type":"wallet.credited"', b'"type":"wallet.promoted"')
    finding = auditor.locator(".findings li").first
    expect(finding).to_have_text(f"Position {position} the content is not what was hashed")
    expect(auditor.get_by_role("button", name="Note this head here")).to_have_count(0)


def test_a_copy_that_was_cut_off_or_hashed_anew_is_no_whole_one(auditor: Page) -> None:
    forged(auditor, b'"class":"other"', b'"class":"ledger"', keep=-1)
    found = auditor.locator(".findings")
    expect(found).to_contain_text("belongs to the ledger, and its content is withheld")
    expect(found).to_contain_text("does not follow from the row before it")
    expect(found).to_contain_text("The whole copy the last line is missing")
    auditor.unroute(COPY)
    auditor.get_by_label("Head that you noted before").fill("ab" * 32)
    auditor.get_by_role("button", name="Check the chain here").click()
    expect(found).to_contain_text("history was written anew")


def test_a_copy_that_breaks_off_is_said_to_and_tried_again(auditor: Page) -> None:
    auditor.route(COPY, lambda route: route.abort())
    check = auditor.get_by_role("button", name="Check the chain here")
    check.click()
    expect(auditor.get_by_role("alert")).to_contain_text("The copy broke off after 0 rows")
    auditor.unroute(COPY)
    check.click()
    expect(auditor.get_by_role("heading", name="The chain is whole")).to_be_visible()
    expect(auditor.get_by_role("alert")).to_have_count(0)
