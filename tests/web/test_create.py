"""Create: asked for once, at the price that stands there; what was written stays."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from domain.checks import Check
from domain.job import Job
from tests.api.creator import DOCUMENTS, Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.web.progress import comes_to
from tests.web.signed_in import goes_to, patient, sign_in

REQUEST = DOCUMENTS.ids_by_name["RequestImages"]
QUOTE = DOCUMENTS.ids_by_name["Quote"]
STAR = DOCUMENTS.ids_by_name["SetFavourite"]
CATALOGUE = DOCUMENTS.ids_by_name["Catalogue"]
SEED_MAX = 2**32 - 1


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Creator:
    """Has a twin, and a picture of it with the largest seed that there is."""
    somebody = Creator(live)
    twin = somebody.trained()
    somebody.rich("studio")
    somebody.finished(
        somebody.images(
            twin,
            count=1,
            prompt="red scarf, laughing",
            seed=SEED_MAX,
            style="neon",
            numInferenceSteps=20,
            guidanceScale=3.5,
            negativePrompt="glasses",
        )
    )
    return somebody


@pytest.fixture(scope="module")
def cookies(browser: Browser, ada: Creator) -> Any:
    """Of Ada, who has signed in."""
    with browser.new_context() as context:
        sign_in(context.new_page(), ada)
        return context.cookies()


@pytest.fixture
def page(browser: Browser, ada: Creator, cookies: Any) -> Iterator[Page]:
    """Ada is about to create, in a browser that knows nothing of before."""
    with browser.new_context() as context:
        context.add_cookies(cookies)
        page = context.new_page()
        patient(page)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{ada.live.url}/#/create")
        priced(page, "Create 4 · 0.4 credits")
        yield page
        assert errors == []


def priced(page: Page, says: str) -> Locator:
    """The button, once it says this and is sure of it."""
    button = page.get_by_role("button", name=says, exact=True)
    expect(button).to_be_visible()
    expect(button).not_to_have_attribute("aria-busy", "true")
    return button


def writes(page: Page, prompt: str) -> Locator:
    field = page.get_by_label("Prompt", exact=True)
    field.fill(prompt)
    return field


def made_of(page: Page, prompt: str) -> Locator:
    return page.get_by_role("region", name="Results").get_by_role("article", name=prompt)


def asked(ada: Creator, prompt: str) -> list[Any]:
    """The jobs with this prompt."""
    ada.live.settle()
    found = ada.run("Jobs", first=50)["jobs"]["edges"]
    return [edge["node"] for edge in found if edge["node"]["prompt"] == prompt]


def job_of(ada: Creator, prompt: str) -> Job:
    [one] = asked(ada, prompt)
    job: Job = ada.load(Job, uuid_of(one["id"]))
    return job


def of(route: Route, document: str) -> bool:
    return document in (route.request.post_data or "")


def test_the_form_stays_as_it_is_and_takes_the_next_wish(page: Page, ada: Creator) -> None:
    writes(page, "smiling, green top")
    page.get_by_role("radio", name="2", exact=True).check()
    page.get_by_role("radio", name="16:9").check()
    page.get_by_role("radio", name="Film").check()
    button = priced(page, "Create 2 · 0.2 credits")
    button.click()
    expect(made_of(page, "smiling, green top")).to_contain_text("Waiting for its turn")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("smiling, green top")
    expect(page.get_by_role("radio", name="16:9")).to_be_checked()
    button.click()
    expect(made_of(page, "smiling, green top")).to_have_count(2)
    assert "#/create" in page.url
    wished = [one["settings"] for one in asked(ada, "smiling, green top")]
    assert [(one["count"], one["aspectRatio"], one["style"]) for one in wished] == (
        [(2, "16:9", "film")] * 2
    )


def test_what_is_wrong_in_the_closed_section_opens_it_and_asks_for_nothing(
    page: Page, ada: Creator
) -> None:
    writes(page, "smiling, wrong steps")
    page.get_by_text("Advanced").click()
    steps = page.get_by_label("Steps", exact=True)
    steps.fill("5000")
    page.get_by_text("Advanced").click()
    expect(steps).to_be_hidden()
    priced(page, "Create 4 · 0.4 credits").click()
    expect(steps).to_be_focused()
    expect(page.get_by_text("A whole number from 1 to 50.")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="put right")).to_be_visible()
    assert asked(ada, "smiling, wrong steps") == []
    steps.fill("20")
    expect(page.get_by_role("alert").filter(has_text="put right")).to_have_count(0)
    priced(page, "Create 4 · 0.36 credits").click()
    expect(made_of(page, "smiling, wrong steps")).to_be_visible()


def test_without_a_prompt_it_is_said_where_it_is_missing(page: Page) -> None:
    priced(page, "Create 4 · 0.4 credits").click()
    expect(page.get_by_label("Prompt", exact=True)).to_be_focused()
    expect(page.get_by_text("Say what it should show.")).to_be_visible()


def test_every_seed_that_the_page_shows_is_one_that_it_takes(page: Page, ada: Creator) -> None:
    earlier = made_of(page, "red scarf, laughing").first
    earlier.get_by_role("button", name="Use seed").click()
    expect(page.get_by_label("Seed", exact=True)).to_have_value(str(SEED_MAX))
    writes(page, "smiling, the largest seed")
    priced(page, "Create 4 · 0.4 credits").click()
    expect(made_of(page, "smiling, the largest seed")).to_be_visible()
    assert job_of(ada, "smiling, the largest seed").items[0].seed == SEED_MAX


def test_a_click_after_a_lost_answer_pays_once_also_after_a_reload(
    page: Page, ada: Creator
) -> None:
    lost: list[Any] = []

    def loses(route: Route) -> None:
        if not of(route, REQUEST):
            route.fallback()
            return
        lost.append(route.fetch().json())
        # Lost for whoever waits, but done: not a line that may be tried again by itself.
        route.fulfill(status=500, json={"errors": [{"message": "lost"}]})

    page.route("**/graphql", loses)
    writes(page, "smiling, only once")
    priced(page, "Create 4 · 0.4 credits").click()
    expect(page.get_by_role("alert").filter(has_text="could not answer")).to_be_visible()
    page.unroute("**/graphql")
    page.reload()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("smiling, only once")
    priced(page, "Create 4 · 0.4 credits").click()
    expect(page.get_by_role("status").filter(has_text="4 pictures asked for.")).to_have_count(1)
    assert len(lost) == len(asked(ada, "smiling, only once")) == 1


def test_a_late_price_does_not_overwrite_a_newer_one(page: Page) -> None:
    held: list[Route] = []

    def holds(route: Route) -> None:
        if of(route, QUOTE) and '"count":8' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.fallback()

    page.route("**/graphql", holds)
    with page.expect_request(lambda one: '"count":8' in (one.post_data or "")):
        page.get_by_role("radio", name="8", exact=True).check()
    busy = page.get_by_role("button", name="Create 8 · 0.4 credits")
    expect(busy).to_have_attribute("aria-busy", "true")
    page.get_by_role("radio", name="1", exact=True).check()
    button = priced(page, "Create 1 · 0.1 credits")
    with page.expect_response(lambda one: '"count":8' in (one.request.post_data or "")):
        held[0].continue_()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(button).to_be_visible()


def test_what_was_written_outlives_what_arrives_a_reload_and_another_page(
    page: Page, ada: Creator
) -> None:
    field = page.get_by_label("Prompt", exact=True)
    field.press_sequentially("smiling, half")
    ada.finished(ada.images(count=1, prompt="from elsewhere"))
    expect(made_of(page, "from elsewhere")).to_be_visible()
    field.press_sequentially(" said")
    expect(field).to_have_value("smiling, half said")
    page.get_by_role("radio", name="Sketch").check()
    page.reload()
    expect(field).to_have_value("smiling, half said")
    goes_to(page, "Credits")
    goes_to(page, "Create")
    expect(field).to_have_value("smiling, half said")
    expect(page.get_by_role("radio", name="Sketch")).to_be_checked()
    page.get_by_role("link", name="Video").click()
    expect(field).to_have_value("smiling, half said")


def test_all_of_it_by_keyboard(page: Page, ada: Creator) -> None:
    field = writes(page, "smiling, by keyboard")
    priced(page, "Create 4 · 0.4 credits")
    field.press("Alt+d")
    thrown = page.get_by_label("Seed", exact=True)
    expect(thrown).not_to_have_value("")
    seed = thrown.input_value()
    field.press("Control+Enter")
    expect(made_of(page, "smiling, by keyboard")).to_be_visible()
    field.fill("")
    field.press("ArrowUp")
    expect(field).to_have_value("smiling, by keyboard")
    field.press("ArrowDown")
    expect(field).to_have_value("")
    field.fill("something else")
    thrown.fill("7")
    field.press("Alt+r")
    expect(field).to_have_value("smiling, by keyboard")
    expect(thrown).to_have_value(seed)
    assert job_of(ada, "smiling, by keyboard").items[0].seed == int(seed)


def test_a_prompt_that_was_put_by_is_found_again_after_a_reload(page: Page) -> None:
    writes(page, "a scarf that I like")
    save = page.get_by_role("button", name="Save this prompt")
    save.click()
    expect(save).to_have_attribute("aria-pressed", "true")
    writes(page, "something else")
    expect(save).to_have_attribute("aria-pressed", "false")
    page.reload()
    page.get_by_role("button", name="Earlier prompts").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Kept in this browser until you sign out.")
    dialog.get_by_role("button", name="a scarf that I like", exact=True).click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("a scarf that I like")


def test_what_was_made_is_put_into_the_trash_from_here_and_taken_back(
    page: Page, ada: Creator
) -> None:
    ada.finished(ada.images(count=1, prompt="smiling, not for long"))
    made = made_of(page, "smiling, not for long").first
    made.get_by_role("button", name="Delete").click()
    expect(made.get_by_text("Deleted")).to_be_visible()
    expect(page.get_by_text("Moved to the trash.")).to_be_visible()
    ada.live.settle()
    prompts = [one["prompt"] for one in ada.gallery()]
    assert "smiling, not for long" not in prompts
    page.get_by_role("button", name="Undo").click()
    expect(made.get_by_role("button", name="Delete")).to_be_visible()


def test_a_picture_opens_the_form_with_all_that_made_it(page: Page, ada: Creator) -> None:
    [picture] = [one for one in ada.gallery() if one["seed"] == SEED_MAX]
    page.goto(f"{ada.live.url}/#/create?draft={picture['id']}")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("red scarf, laughing")
    expect(page.get_by_role("radio", name="Neon")).to_be_checked()
    priced(page, "Create 1 · 0.09 credits")
    page.get_by_text("Advanced").click()
    for name, value in {
        "Negative prompt": "glasses",
        "Seed": str(SEED_MAX),
        "Steps": "20",
        "Guidance": "3.5",
    }.items():
        expect(page.get_by_label(name, exact=True)).to_have_value(value)
    assert "draft" not in page.url


def test_more_like_this_is_a_variation_with_another_seed(page: Page, ada: Creator) -> None:
    made_of(page, "red scarf, laughing").first.get_by_role("button", name="More like this").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("red scarf, laughing")
    priced(page, "Create 1 · 0.09 credits").click()
    expect(made_of(page, "red scarf, laughing")).to_have_count(2)
    newest = asked(ada, "red scarf, laughing")[0]
    ada.finished(newest["id"])
    pictures = [one for one in ada.gallery() if one["prompt"] == "red scarf, laughing"]
    assert len({one["stack"] for one in pictures}) == 1
    assert len({one["seed"] for one in pictures}) == 2


def test_what_comes_is_seen_while_it_is_drawn_and_what_does_not_pass_says_why(
    page: Page, ada: Creator
) -> None:
    writes(page, "smiling, four of them")
    priced(page, "Create 4 · 0.4 credits").click()
    row = made_of(page, "smiling, four of them")
    expect(row.get_by_role("listitem")).to_have_count(4)
    [job] = asked(ada, "smiling, four of them")
    claim = ada.claimed(job["id"])
    ada.live.settle()
    strip = io.BytesIO()
    Image.new("RGB", (64, 16), "teal").save(strip, "PNG")
    comes_to(12, claim, ada, preview_png=strip.getvalue(), preview_items=(0, 1, 2, 3))
    expect(row).to_contain_text("Drawing · 48 %")
    for item in range(1, 5):
        shown = row.get_by_role("img", name=f"Preview of {item}")
        expect(shown.locator("canvas")).to_have_js_property("width", 16)
    ada.finished(job["id"], failed={1: [Check.FACE_COUNT]})
    expect(row).to_contain_text("3 of 4 released, 0.3 of 0.4 credits")
    second = row.get_by_role("listitem").filter(has_text="Not released")
    expect(second).to_have_count(1)
    expect(second).to_contain_text("0 credits")
    star = row.get_by_role("button", name="Mark as favourite").first
    with page.expect_response(lambda answer: STAR in (answer.request.post_data or "")):
        star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    ada.live.settle()
    assert len(ada.gallery(favourite=True)) == 1
    with page.expect_download() as begun:
        row.get_by_role("link", name="Download").first.click()
    assert begun.value.failure() is None


def test_words_that_mean_nothing_are_named_beside_the_prompt(page: Page) -> None:
    writes(page, "smiling, a zeppelin")
    expect(page.get_by_text("Means nothing to this engine: zeppelin")).to_be_visible()
    expect(page.get_by_text("of 38 words, with twin and style")).to_be_visible()


def test_scopes_that_are_missing_are_said_before_the_click(page: Page, ada: Creator) -> None:
    [twin] = [edge["node"]["id"] for edge in ada.run("Viewer")["twins"]["edges"]]
    ada.did("takeBackConsentScopes", twin=twin, scopes=["clips"])
    ada.live.settle()
    page.reload()
    page.get_by_role("link", name="Video").click()
    expect(page.get_by_role("button", name="Create a clip")).to_be_disabled()
    expect(page.get_by_text("Ada at work has no consent for clips.")).to_be_visible()
    expect(page.get_by_role("link", name="Look at the consent")).to_be_visible()
    page.get_by_role("radio", name="Nobody").check()
    expect(page.get_by_role("button", name="Create a clip")).to_be_enabled()


def test_no_engine_is_taken_for_standing_first(page: Page, ada: Creator) -> None:
    def turned(route: Route) -> None:
        if not of(route, CATALOGUE):
            route.fallback()
            return
        answer = route.fetch().json()
        engines = answer["data"]["catalogue"]["engines"]
        answer["data"]["catalogue"]["engines"] = [
            *reversed(engines),
            {**engines[0], "id": "second", "title": "Second"},
        ]
        route.fulfill(json=answer)

    page.route("**/graphql", turned)
    page.reload()
    group = page.get_by_role("group", name="Engine")
    expect(group.get_by_role("radio", name="Pocket")).to_be_checked()
    lacking = group.get_by_role("radio", name="Stable Diffusion XL")
    expect(lacking).to_be_disabled()
    expect(group.get_by_text("Not here: its weights are not installed").first).to_be_visible()
    writes(page, "smiling, by the right engine")
    priced(page, "Create 4 · 0.4 credits").click()
    expect(made_of(page, "smiling, by the right engine")).to_be_visible()
    assert [one["engine"] for one in asked(ada, "smiling, by the right engine")] == ["pocket"]


def test_nothing_scrolls_sideways_on_the_smallest_screen(page: Page, ada: Creator) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for place in ("create", "create?kind=video", "queue"):
        page.goto(f"{ada.live.url}/#/{place}")
        expect(page.get_by_text("red scarf, laughing").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_words_that_the_engine_knows_put_themselves_into_the_prompt(page: Page) -> None:
    page.get_by_text("Words that Pocket knows").click()
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("a lighthouse keeper,")
    hair = page.get_by_role("group", name="Hair")
    hair.get_by_role("button", name="curly hair").click()
    expect(prompt).to_have_value("a lighthouse keeper, curly hair")
    expect(hair.get_by_role("button", name="curly hair")).to_have_attribute("aria-pressed", "true")
    # By keyboard: one of a group by Tab, the others by arrows.
    view = page.get_by_role("group", name="View")
    view.get_by_role("button", name="front view").focus()
    page.keyboard.press("ArrowRight")
    expect(view.get_by_role("button", name="looking left")).to_be_focused()
    page.keyboard.press("Enter")
    expect(prompt).to_have_value("a lighthouse keeper, curly hair, looking left")
    expect(view.get_by_role("button", name="looking left")).to_be_focused()
    # Once more takes it out, and what was written stays.
    hair.get_by_role("button", name="curly hair").click()
    expect(prompt).to_have_value("a lighthouse keeper, looking left")
    expect(page.get_by_text("Means nothing to this engine: lighthouse, keeper")).to_be_visible()
    prompt.fill("x" * 295)
    expect(hair.get_by_role("button", name="curly hair")).to_be_disabled()
    # Whether it is open stays as it was.
    page.reload()
    expect(page.get_by_role("group", name="Hair")).to_be_visible()
