"""What was once seen in a browser and is never to be seen again, where no other file proves it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from adapters.identity.sandbox import SandboxChoice
from domain.kernel.role import Role
from tests.api.creator import DOCUMENTS, Creator
from tests.api.live_studio import LiveStudio
from tests.web.signed_in import goes_to, looked_at, stands
from tests.web.stand import furnished, picture_files

PAGES = ("welcome", "create", "gallery", "twins", "queue", "credits", "settings")
STAFF = {"operator": Role.OPERATOR, "auditor": Role.AUDITOR}
FOR_MACHINES = {
    "event names": re.compile(r"\b(?:wallet|job|twin|asset|person)\.[a-z]+(?:-[a-z]+)*\b"),
    "enum words": re.compile(r"\b[A-Z]{3,}_[A-Z_]+\b"),
    "millicredits": re.compile(r"millicredit", re.IGNORECASE),
    "bytes": re.compile(r"\b\d[\d,.]* ?bytes?\b|\b\d{5,} ?B\b"),
    "what was not there": re.compile(r"\bundefined\b|\bNaN\b|\[object "),
}


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Creator:
    """Has something on every page."""
    return furnished(live, pictures=2)


@pytest.fixture
def page(browser: Browser, ada: Creator) -> Iterator[Page]:
    with looked_at(browser, ada, "#/settings") as page:
        yield page


def test_no_word_for_machines_stands_on_any_page(page: Page, ada: Creator) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for name in (*PAGES, *STAFF):
        if name in STAFF:
            ada.live.accounts.set_role(ada.person, STAFF[name])
            page.reload()
        page.goto(f"{ada.live.url}/#/{name}")
        stands(page, name)
        said = page.locator("body").inner_text()
        found |= {(name, what): bad.findall(said) for what, bad in FOR_MACHINES.items()}
    ada.live.accounts.set_role(ada.person, Role.CREATOR)
    assert {where: those for where, those in found.items() if those} == {}


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (SandboxChoice.DECLINED, "The provider could not confirm your identity."),
        (SandboxChoice.UNDER_AGE, "The studio is for adults only"),
    ],
)
def test_a_declined_identity_says_why_and_what_to_do(
    browser: Browser, live: LiveStudio, choice: SandboxChoice, said: str
) -> None:
    somebody = Creator(live)
    with looked_at(browser, somebody, "#/welcome") as page:
        panel = page.get_by_role("region", name="Identity and age")
        expect(panel.get_by_role("button", name="Verify now")).to_be_visible()
        somebody.verified(choice)
        live.settle()
        expect(panel).to_contain_text(said)
        is_final = choice is SandboxChoice.UNDER_AGE
        expect(panel.get_by_role("button", name="Try again")).to_have_count(0 if is_final else 1)
        expect(panel.get_by_text("write to the operator")).to_have_count(1 if is_final else 0)


def test_what_went_wrong_is_in_sight_and_gone_with_its_page(page: Page, ada: Creator) -> None:
    ada.finished(ada.images(count=1, prompt="a harbour"), picture_files(5))
    goes_to(page, "Create")
    tile = page.get_by_role("article", name="a harbour")
    star = DOCUMENTS.ids_by_name["SetFavourite"]
    page.route(
        "**/graphql",
        lambda route: (
            route.fulfill(status=500, json={"errors": [{"message": "no"}]})
            if star in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    tile.locator(".made-tile").first.hover()
    tile.get_by_role("button", name="favourite").first.click()
    told = page.locator("#toasts").get_by_role("alert")
    expect(told).to_contain_text("The studio could not answer")
    expect(told).to_be_in_viewport(ratio=1)
    page.unroute_all(behavior="wait")
    goes_to(page, "Credits")
    expect(told).to_have_count(0)


def test_a_photo_that_is_not_taken_is_named_and_shown(browser: Browser, live: LiveStudio) -> None:
    somebody = Creator(live).verified()
    somebody.twin("Nova")
    live.settle()
    [edge] = somebody.run("Viewer")["twins"]["edges"]
    files: list[FilePayload] = [
        {"name": "holiday.png", "mimeType": "image/png", "buffer": b"no picture at all"},
        {
            "name": "tiny.png",
            "mimeType": "image/png",
            "buffer": picture_files(3)["thumbnail-256"].data,
        },
    ]
    with looked_at(browser, somebody, f"#/twins/{edge['node']['id']}") as page:
        page.get_by_label("Choose photos").set_input_files(files)
        unread = page.get_by_role("listitem", name="holiday.png")
        expect(unread).to_contain_text("Cannot be read as a picture")
        small = page.get_by_role("listitem", name="tiny.png")
        expect(small).to_contain_text("Is smaller than 512 pixels")
        expect(small.locator("img")).to_be_visible()
