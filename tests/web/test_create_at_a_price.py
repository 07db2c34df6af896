"""Nobody pays what they have not seen, and whoever cannot pay is shown the way."""

from datetime import UTC, datetime

import msgspec
from playwright.sync_api import Browser, expect

from commands.jobs.fail_job import FailJob
from commands.safety.publish_price_list import PublishPriceList
from domain.job_state import JobFailure
from domain.kernel.identity import SYSTEM
from domain.price_list import DEFAULT_ENTRIES
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.web.signed_in import goes_to, patient, sign_in

DEARER = tuple(
    msgspec.structs.replace(entry, unit=entry.unit * 2, step=entry.step * 2)
    for entry in DEFAULT_ENTRIES
)


def test_who_is_not_verified_or_has_nothing_is_told_the_next_step(
    browser: Browser, live: LiveStudio
) -> None:
    ada = Creator(live)
    with browser.new_context() as context:
        page = context.new_page()
        patient(page)
        sign_in(page, ada)
        goes_to(page, "Create")
        page.get_by_label("Prompt", exact=True).fill("smiling, for nothing")
        button = page.get_by_role("button", name="Create 4")
        expect(button).to_be_disabled()
        page.get_by_role("link", name="Verify").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        ada.verified()
        page.reload()
        goes_to(page, "Create")
        expect(page.get_by_text("You lack 0.4 credits.")).to_be_visible()
        expect(button).to_be_disabled()
        page.get_by_role("link", name="Buy 0.4 credits").click()
        expect(page.get_by_role("heading", name="Credits", exact=True)).to_be_visible()
        assert "need=400" in page.url
        ada.rich()
        page.go_back()
        expect(button).to_be_enabled()
        expect(page.get_by_label("Prompt", exact=True)).to_have_value("smiling, for nothing")


def test_prices_that_changed_under_the_form_are_shown_and_asked_for_again(
    browser: Browser, live: LiveStudio
) -> None:
    ada = Creator(live).verified().rich()
    failed = ada.images(count=1, prompt="failed before")
    live.does(FailJob(uuid_of(failed), JobFailure.DEADLINE_PASSED), ada.person)
    live.settle()
    with browser.new_context() as context:
        page = context.new_page()
        patient(page)
        sign_in(page, ada)
        goes_to(page, "Create")
        page.get_by_label("Prompt", exact=True).fill("smiling, dearer")
        button = page.get_by_role("button", name="Create 4 · 0.4 credits")
        expect(button).not_to_have_attribute("aria-busy", "true")
        live.does(
            PublishPriceList(version=2, accepted_until=datetime.now(UTC), entries=DEARER), SYSTEM
        )
        live.settle()
        button.click()
        expect(page.get_by_role("alert")).to_contain_text("it costs 0.8 credits now")
        assert ada.wallet()["reserved"] == 0
        page.get_by_role("button", name="Create 4 · 0.8 credits").click()
        expect(page.get_by_role("article", name="smiling, dearer")).to_be_visible()
        live.settle()
        assert ada.wallet()["reserved"] == 800
        goes_to(page, "Queue")
        row = page.get_by_role("article", name="failed before")
        row.get_by_role("button", name="Try again · 0.1 credits").click()
        expect(row.get_by_role("alert")).to_contain_text("It costs 0.2 credits now")
        row.get_by_role("button", name="Try again · 0.2 credits").click()
        expect(page.get_by_role("status").filter(has_text="Asked for again.")).to_be_visible()
        live.settle()
        assert ada.wallet()["reserved"] == 1_000
