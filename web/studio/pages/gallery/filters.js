// What narrows the gallery down: collections as tabs, a search, choices, and what of it is active.

import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { href, route, wish } from "../../core/router.js";
import { icon } from "../../parts/icon.js";
import { state } from "../../store.js";
import { plain } from "../../wording.js";
import { words } from "../../words/en/gallery.js";
import { chipsOf, NARROWED } from "./wishes.js";

const TYPED_MS = 250;
const isOpen = signal(false);
let typing = 0;

function typed(event) {
  const text = event.currentTarget.value.trim();
  clearTimeout(typing);
  typing = setTimeout(() => { if (route.value.page === "gallery") wish({ q: text || null }); }, TYPED_MS);
}

/** The lists that there are, and how many items this one has. `onMake` asks for a new collection. */
export function tabs({ wishes, labels, undecided, count, isStacked, onMake }) {
  const tab = (key, text, query, sign = null) => keyed(key, html`<a href=${href("gallery", [], query)}
    aria-current=${(wishes.in ?? wishes.show ?? "") === key ? "page" : null}>${sign && icon(sign)}<span>${text}</span></a>`);
  return html`<div class="gallery-head"><nav class="tabs" aria-label=${words.tabs.label}>
    ${[tab("", words.tabs.all, {}),
      ...labels.collections.map(({ id, name, private: isPrivate }) => tab(id, name ?? "", { in: id }, isPrivate ? "lock" : "collection")),
      ...undecided || wishes.show === "hidden" ? [tab("hidden", words.tabs.hidden, { show: "hidden" }, "eye")] : [],
      tab("trash", words.tabs.trash, { show: "trash" }, "trash")]}
    <button type="button" class="plain" aria-label=${words.collection.make} title=${words.collection.make} @click=${onMake}>${icon("plus")}</button>
  </nav><p class="count faint" role="status">${count === null ? "" : isStacked ? words.stacked(count) : words.count(count)}</p></div>`;
}

/** Search and choices, and what of them is active. `stacks` are switched here where there are any. */
export function filters({ wishes, labels, stacks }) {
  const { engines } = state.catalogue;
  const styles = [...new Set(engines.flatMap((engine) => engine.styles))];
  const ratios = [...new Set(engines.flatMap((engine) => engine.aspectRatios.map(({ name }) => name)))];
  // Whoever has just left is still looking at it.
  const twins = (state.viewer?.twins.edges ?? []).map(({ node }) => [node.id, node.name]);
  const tags = labels.tags.map(({ id, name }) => [id, name ?? ""]);
  return html`<search class="filters">
    <label class="search">${icon("search")}<span class="visually-hidden">${words.filter.search}</span>
      <input type="search" id="gallery-search" placeholder=${words.filter.search} autocomplete="off" .value=${wishes.q ?? ""} @input=${typed}></label>
    <button type="button" class="quiet filters-open" aria-expanded=${isOpen.value ? "true" : "false"} aria-controls="gallery-choices"
      @click=${() => { isOpen.value = !isOpen.value; }}>${icon("settings")}${words.filter.open}</button>
    <button type="button" class="quiet toggle" aria-pressed=${wishes.fav ? "true" : "false"}
      @click=${() => wish({ fav: wishes.fav ? null : 1 })}>${icon("star")}<span>${words.filter.favourites}</span></button>
    ${stacks.canBe() ? html`<button type="button" class="quiet toggle is-stacks" aria-pressed=${stacks.isOn() ? "true" : "false"} title=${words.stack.why}
      @click=${stacks.toggle}>${icon("layers")}<span>${words.stack.toggle}</span></button>` : null}
    <div id="gallery-choices" class=${isOpen.value ? "choices is-open" : "choices"}>
      ${twins.length ? choice("twin", words.filter.twin, words.filter.twins, twins, wishes) : null}
      ${choice("kind", words.filter.kind, words.filter.anyKind, Object.entries(words.filter.kinds), wishes)}
      ${choice("style", words.filter.style, words.filter.styles, styles.map((style) => [style, capital(plain(style))]), wishes)}
      ${choice("ratio", words.filter.ratio, words.filter.ratios, ratios.map((ratio) => [ratio, ratio]), wishes)}
      ${tags.length ? choice("tag", words.filter.tag, words.filter.tags, tags, wishes) : null}
    </div>
    ${chips(wishes, labels)}
  </search>`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function choice(name, called, any, options, wishes) {
  return html`<select aria-label=${called} class=${wishes[name] ? "is-set" : ""} .value=${wishes[name] ?? ""} @change=${(event) => wish({ [name]: event.currentTarget.value || null })}>
    <option value="">${any}</option>
    ${options.map(([value, text]) => keyed(value, html`<option value=${value}>${text}</option>`))}
  </select>`;
}

function chips(wishes, labels) {
  const active = chipsOf(wishes, labels);
  if (!active.length) return null;
  return html`<ul class="chips" aria-label=${words.filter.active}>
    ${active.map(({ name, text }) => keyed(name, html`<li><button type="button" class="chip" aria-label=${words.filter.without(text)}
      @click=${() => clear({ [name]: null })}>${text}${icon("close")}</button></li>`))}
    ${keyed("clear", html`<li><button type="button" class="plain" @click=${() => clear(NARROWED)}>${words.filter.clear}</button></li>`)}
  </ul>`;
}

/** Takes wishes back. What is still being typed is not wished for any more. */
export function clear(names) {
  clearTimeout(typing);
  wish(names);
}
