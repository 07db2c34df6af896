"""The first load: how much it is, and what stands there when the studio is away."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.web.signed_in import goes_to, patient, sign_in
from tests.web.test_many_tabs import hide

BYTES_MAX = 100_000
REQUESTS_MAX = 25


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Creator:
    return Creator(live).verified().rich()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    patient(opened)
    yield opened
    opened.close()


def test_it_is_small_compressed_and_kept_for_good(page: Page, ada: Creator) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(ada.live.url)
    expect(page.get_by_label("E-mail address")).to_be_visible()
    assert len(asked) <= REQUESTS_MAX, asked
    answers = [ada.http.get(url, headers={"accept-encoding": "gzip"}) for url in asked]
    files = [answer for answer in answers if answer.url.path.startswith("/web/")]
    assert {file.headers["cache-control"] for file in files} == {
        "public, max-age=31536000, immutable"
    }
    large = [file for file in files if len(file.content) > 1_000]
    assert {file.headers.get("content-encoding") for file in large} == {"gzip"}
    assert sum(answer.num_bytes_downloaded for answer in answers) <= BYTES_MAX


def test_every_module_of_it_is_announced(page: Page, ada: Creator) -> None:
    page.goto(ada.live.url)
    expect(page.get_by_label("E-mail address")).to_be_visible()
    loaded = page.evaluate(
        "() => performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"
    )
    announced = page.locator("link[rel=modulepreload]").evaluate_all(
        "links => links.map(link => new URL(link.href).pathname)"
    )
    assert set(announced) <= set(loaded)
    shell = [path for path in loaded if path.endswith(("/main.js", "/shell.js", "/signal.js"))]
    assert len(shell) == 3
    assert set(shell) <= set(announced)


def test_an_address_of_before_an_upgrade_is_answered_with_what_is_there_now(ada: Creator) -> None:
    answer = ada.http.get("/web/0123456789abcdef/studio/main.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    kept = ada.http.get(
        "/web/0123456789abcdef/studio/main.js", headers={"if-none-match": answer.headers["etag"]}
    )
    assert kept.status_code == 304


def test_a_studio_that_is_away_is_waited_for(page: Page, ada: Creator) -> None:
    def away(route: Route) -> None:
        route.abort()

    page.route("**/graphql", away)
    page.goto(ada.live.url)
    expect(page.get_by_text("The studio cannot be reached")).to_be_visible()
    page.unroute("**/graphql", away)
    # By itself: nobody clicks.
    expect(page.get_by_label("E-mail address")).to_be_visible()


def test_who_signs_in_is_where_they_wanted_to_be(page: Page, ada: Creator) -> None:
    sign_in(page, ada, f"{ada.live.url}/#/credits")
    expect(page.get_by_role("heading", level=1)).to_have_text("Credits")
    expect(page.get_by_role("heading", name="Statement")).to_be_visible()


def test_an_address_that_names_nothing_says_so(page: Page, ada: Creator) -> None:
    sign_in(page, ada)
    page.goto(f"{ada.live.url}/#/nowhere/at/all")
    expect(page.get_by_role("heading", name="There is no such page").last).to_be_visible()
    page.get_by_role("link", name="To your studio").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Create")


def test_back_closes_what_lies_over_the_page_before_it_leaves_it(page: Page, ada: Creator) -> None:
    sign_in(page, ada)
    goes_to(page, "Credits")
    expect(page.get_by_role("heading", name="Statement")).to_be_visible()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    page.evaluate("history.back()")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Credits")
    page.evaluate("history.back()")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Credits")


def test_a_dialog_that_was_closed_leaves_no_step_behind(page: Page, ada: Creator) -> None:
    sign_in(page, ada)
    for place, heading in (("Settings", "Profile"), ("Credits", "Statement")):
        goes_to(page, place)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("g")
    expect(page.get_by_role("heading", level=1)).to_have_text("Gallery")
    page.evaluate("history.back()")
    # Until the page stands: a browser that is still on its way back takes the next step from there.
    expect(page.get_by_role("heading", name="Statement")).to_be_visible()
    page.evaluate("history.back()")
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")


def test_a_session_that_ended_elsewhere_is_renewed_over_the_page(
    page: Page, live: LiveStudio
) -> None:
    grace = Creator(live, "Grace").verified()
    sign_in(page, grace, f"{live.url}/#/create")
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("red scarf, and a long thought about it")
    session = page.context.cookies()[0]["value"]
    Creator.sign_out(with_token(grace, session))
    live.parts.feed.wake(grace.person)
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Password").fill("correct horse battery staple")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    expect(prompt).to_have_value("red scarf, and a long thought about it")
    grace.sign_in()
    grace.rich()
    expect(page.locator("#balance")).to_contain_text("10 credits")


def with_token(somebody: Creator, token: str) -> Creator:
    somebody.token = token
    return somebody


@pytest.mark.parametrize("name", ["Grace", "Heidi"])
def test_a_draft_outlives_a_dialog_that_was_only_closed_and_is_nobody_elses(
    page: Page, live: LiveStudio, name: str
) -> None:
    grace = Creator(live, "Grace").verified()
    who = grace if name == "Grace" else Creator(live, name).verified()
    sign_in(page, grace, f"{live.url}/#/create")
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("red scarf, and a long thought about it")
    Creator.sign_out(with_token(grace, page.context.cookies()[0]["value"]))
    live.parts.feed.wake(grace.person)
    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    sign_in(page, who, f"{live.url}/#/create")
    expect(prompt).to_have_value("red scarf, and a long thought about it" if who is grace else "")
    # Nor does it lie in the browser of whoever is here now.
    held = "() => Object.values(localStorage).some((one) => one.includes('a long thought'))"
    assert page.evaluate(held) is (who is grace)


def test_who_signs_out_is_not_asked_to_sign_in_again(page: Page, live: LiveStudio) -> None:
    grace = Creator(live, "Grace").verified()
    sign_in(page, grace, f"{live.url}/#/settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    live.parts.feed.wake(grace.person)
    expect(page.get_by_label("E-mail address")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_tab_does_not_go_on_under_somebody_elses_session(
    browser: Browser, live: LiveStudio
) -> None:
    grace, heidi = Creator(live, "Grace").verified(), Creator(live, "Heidi").verified().rich()
    with browser.new_context() as context:
        first, second = context.new_page(), context.new_page()
        patient(first)
        patient(second)
        sign_in(first, grace, f"{live.url}/#/settings")
        second.goto(f"{live.url}/#/settings")
        expect(second.get_by_text(grace.email)).to_be_visible()
        hide(second, hidden=True)
        first.get_by_role("button", name="Sign out").click()
        expect(first.get_by_role("button", name="Sign in")).to_be_visible()
        first.get_by_label("E-mail address").fill(heidi.email)
        first.get_by_label("Password").fill("correct horse battery staple")
        first.get_by_role("button", name="Sign in").click()
        expect(first.locator("#balance")).to_contain_text("10 credits")
        hide(second, hidden=False)
        expect(second.locator("#balance")).to_contain_text("10 credits")
        expect(second.get_by_text(heidi.email)).to_be_visible()
        expect(second.get_by_text(grace.email)).to_have_count(0)
