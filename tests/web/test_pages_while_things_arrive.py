"""What a person holds in their hands while the page hears of something, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from adapters.postgres.embedded import EmbeddedPostgres
from tests.api.creator import DOCUMENTS, Creator
from tests.api.live_studio import LiveStudio, live_studio
from tests.conftest import TEMPLATE
from tests.web.browser import chromium
from tests.web.signed_in import looked_at

CREATE_TWIN = DOCUMENTS.ids_by_name["CreateTwin"]
LOOK_AGAIN = (
    "async () => { const own = document.querySelector('script[type=module]').src;"
    " await (await import(new URL('viewer.js', own))).refreshViewer(); }"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def live(
    browser: Browser, postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveStudio]:
    postgres_server.create_database("arrivals", template=TEMPLATE)
    with live_studio(postgres_server.url("arrivals"), tmp_path_factory.mktemp("arrivals")) as found:
        yield found


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    return Creator(live).verified().rich()


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    """Ada has signed in at the page."""
    with looked_at(browser, ada) as page:
        yield page


def went_to(page: Page, place: str) -> None:
    page.get_by_role("navigation", name="Studio").get_by_role("link", name=place).click()


def test_a_name_that_is_being_typed_stays_when_a_twin_is_made_elsewhere(
    page: Page, ada: Creator
) -> None:
    went_to(page, "Twins")
    page.get_by_label("Name").fill("No")
    ada.did("createTwin", name="Elsewhere")
    ada.live.settle()
    page.evaluate(LOOK_AGAIN)
    expect(page.get_by_role("listitem", name="Elsewhere")).to_be_visible()
    page.keyboard.type("va")
    expect(page.get_by_label("Name")).to_have_value("Nova")
    with page.expect_response(lambda answer: CREATE_TWIN in (answer.request.post_data or "")):
        page.get_by_role("button", name="Create twin").click()
    ada.live.settle()
    expect(page.get_by_role("heading", name="Nova")).to_be_visible()


def test_a_studio_that_has_yet_to_catch_up_signs_nobody_out(page: Page, ada: Creator) -> None:
    ada.did("createTwin", name="Nova")
    ada.live.settle()
    page.evaluate(LOOK_AGAIN)
    went_to(page, "Twins")
    page.get_by_label("Name").fill("Later")
    page.get_by_role("button", name="Create twin").click()
    # It is made, and nobody is to make it twice because it cannot be seen yet.
    page.wait_for_url("**/#/twins/*")
    expect(page.get_by_role("listitem", name="Nova")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("")
    went_to(page, "Credits")
    expect(page.get_by_role("heading", name="Statement")).to_be_visible()
    ada.live.settle()
    went_to(page, "Twins")
    expect(page.get_by_role("listitem", name="Later")).to_be_visible()
