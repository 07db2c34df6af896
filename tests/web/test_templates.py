"""What the page's templates keep while they are drawn again, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.browser import PATIENCE_MS, chromium
from tests.web.file_server import served

CORE = Path("web/studio/core")
OLD_BROWSER = "() => { delete Element.prototype.moveBefore; }"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(CORE) as (found, _):
        yield found


@pytest.fixture(params=[True, False], ids=["moves", "moves-not"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """In a browser that can move what is alive, and in one that cannot."""
    with browser.new_context() as context:
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE_MS)
        opened.goto(f"{address}/signal.js")
        if not request.param:
            opened.evaluate(OLD_BROWSER)
        yield opened


def after(page: Page, script: str) -> Any:
    """What the script returns, with the modules and an empty `main` at hand."""
    return page.evaluate(
        """async (script) => {
          document.body.innerHTML = "<main></main>";
          const modules = Object.assign({}, ...await Promise.all(
            ["signal", "template", "part"].map((name) => import(`/${name}.js`))));
          const Async = (async () => {}).constructor;
          const names = [...Object.keys(modules), "main"];
          return await new Async(...names, script)(
            ...Object.values(modules), document.querySelector("main"));
        }""",
        script,
    )


def refused(page: Page, template: str) -> str:
    found: str = after(
        page,
        "try { render(html`" + template + "`, main); return 'drawn'; }"
        "catch (error) { return error.name + ': ' + error.message; }",
    )
    return found


def test_holes_take_children_attributes_properties_and_listeners(page: Page) -> None:
    assert after(
        page,
        """
        const heard = [];
        const draw = (n, on) => render(html`<p id=${"a" + n} hidden=${on} title=${on ? null : "t"}
          .tabIndex=${n} @click=${on ? null : () => heard.push(n)}>${n}, ${"<b>"} ${on}
          ${html`<i>${[n, "x"]}</i>`}</p>`, main);
        draw(1, true);
        const [p] = main.children;
        const seen = [p.id, p.hidden, p.title, p.tabIndex, p.textContent.replace(/\\s+/g, " ")];
        p.click(); draw(2, false); p.click(); draw(3, false); p.click();
        return [...seen, p === main.children[0], p.id, p.hidden, p.title, heard];
        """,
    ) == ["a1", True, "", 1, "1, <b> 1x", True, "a3", False, "t", [2, 3]]


@pytest.mark.parametrize(
    "template",
    [
        "<p class='a ${1}'></p>",
        '<p title="${1}"></p>',
        "<textarea>${1}</textarea>",
        "<p>${() => 1}</p>",
        "<p>${{}}</p>",
    ],
)
def test_a_hole_that_cannot_be_filled_is_refused_at_once(page: Page, template: str) -> None:
    assert refused(page, template).startswith("TypeError: ")


def test_two_items_of_one_key_are_refused(page: Page) -> None:
    assert refused(page, "${[keyed(1, html``), keyed(1, html``)]}") == (
        "TypeError: two items of a list have the key 1"
    )


def test_a_list_in_another_order_is_the_same_elements(page: Page) -> None:
    assert after(
        page,
        """
        const draw = (...keys) => render(html`<ul>${keys.map((key) =>
          keyed(key, html`<li id=${key}>${key}</li>`))}</ul>`, main);
        const said = () => main.textContent;
        draw("a", "b", "c", "d");
        const before = new Map([...main.querySelectorAll("li")].map((li) => [li.id, li]));
        const wrong = [];
        const check = (...keys) => {
          draw(...keys);
          if (said() !== keys.join("")) wrong.push(said());
          for (const li of main.querySelectorAll("li"))
            if (before.has(li.id) && before.get(li.id) !== li) wrong.push("new " + li.id);
        };
        check("d", "c", "b", "a"); check("a", "x", "c", "d", "b"); check("b", "a", "y", "c", "d");
        check("c", "a", "d", "b");
        draw(); draw("e");
        return [wrong, said()];
        """,
    ) == [[], "e"]


def test_what_holds_focus_and_its_caret_keeps_them_wherever_its_item_goes(page: Page) -> None:
    assert after(
        page,
        """
        const draw = (...keys) => render(html`${keys.map((key) => keyed(key,
          html`<label>${key} <input id=${key} .value=${key + " at first"}></label>`))}`, main);
        draw("a", "b", "c");
        const input = main.querySelector("#a");
        input.focus(); input.setSelectionRange(2, 4);
        const lost = [];
        input.addEventListener("blur", () => lost.push("focus"));
        draw("c", "b", "a"); draw("x", "c", "a", "b");
        const order = [...main.querySelectorAll("input")].map(({ id }) => id).join("");
        const caret = [input.selectionStart, input.selectionEnd];
        return [document.activeElement === input, ...caret, lost, order];
        """,
    ) == [True, 2, 4, [], "xcab"]


def test_typed_text_and_a_tick_stay_until_the_page_takes_them_up(page: Page) -> None:
    assert after(
        page,
        """
        const draw = (name, on) => render(
          html`<input .value=${name}><input type="checkbox" .checked=${on}>`, main);
        draw("Nova", false);
        const [text, tick] = main.querySelectorAll("input");
        text.value = "Nova B"; text.dispatchEvent(new InputEvent("input"));
        tick.click();
        draw("Nova II", false); draw("Nova III", false);
        const stays = [text.value, tick.checked];
        draw("Nova B", true); draw("", false);
        return [...stays, text.value, tick.checked];
        """,
    ) == ["Nova B", True, "", False]


def test_a_page_that_follows_what_is_typed_can_clear_it(page: Page) -> None:
    assert after(
        page,
        """
        const typed = signal("");
        effect(() => render(html`<input .value=${typed.value}
          @input=${(event) => { typed.value = event.target.value; }}>`, main));
        const [input] = main.children;
        input.value = "fog"; input.dispatchEvent(new InputEvent("input"));
        const held = typed.value;
        typed.value = "";
        return [held, input.value];
        """,
    ) == ["fog", ""]


def test_a_choice_is_made_among_options_drawn_with_it(page: Page) -> None:
    assert (
        after(
            page,
            """
            render(html`<select .value=${"b"}>${["a", "b"].map((one) =>
              html`<option value=${one}>${one}</option>`)}</select>`, main);
            return main.querySelector("select").value;
            """,
        )
        == "b"
    )


def test_chosen_files_and_the_scroll_position_stay(page: Page) -> None:
    assert after(
        page,
        """
        const draw = (...keys) => render(html`<input type="file"><div id="box">${keys.map((key) =>
          keyed(key, html`<p>${key}</p>`))}</div>`, main);
        draw("a", "b");
        const [input, box] = main.children;
        const files = new DataTransfer();
        files.items.add(new File(["x"], "x.png"));
        input.files = files.files;
        box.style.cssText = "height: 20px; overflow: auto; overflow-anchor: none";
        box.scrollTop = 15;
        draw("a", "c", "b"); draw("a", "c");
        return [input.files.length, box.scrollTop];
        """,
    ) == [1, 15]


def test_an_element_of_its_own_follows_signals_and_what_it_is_given(page: Page) -> None:
    assert after(
        page,
        """
        const [seen, shared] = [[], signal("fog")];
        part("a-word", (host, { onLeave }) => {
          seen.push("came");
          onLeave(() => seen.push("left"));
          return () => html`${host.word} in ${shared.value}`;
        });
        const draw = (...words) => render(html`${words.map(([key, word]) =>
          keyed(key, html`<a-word .word=${word}></a-word>`))}`, main);
        draw([1, "a lighthouse"], [2, "a harbour"]);
        shared.value = "snow";
        draw([2, "a boat"], [1, "a lighthouse"]);
        const said = [...main.children].map((one) => one.textContent);
        await null;
        draw([1, "a lighthouse"]);
        await null;
        shared.value = "rain";
        return [said, main.textContent, seen];
        """,
    ) == [
        ["a boat in snow", "a lighthouse in snow"],
        "a lighthouse in rain",
        ["came", "came", "left"],
    ]


def test_a_container_that_somebody_emptied_is_drawn_anew(page: Page) -> None:
    assert (
        after(
            page,
            """
            const template = () => html`<p>here</p>`;
            render(template(), main); main.replaceChildren(); render(template(), main);
            return main.textContent;
            """,
        )
        == "here"
    )
