// Two pictures at once: one over the other with a line between them that is moved, or side by side.

import { kept } from "../../core/kept.js";
import { part } from "../../core/part.js";
import { route, wish } from "../../core/router.js";
import { computed, effect, signal, untracked } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { toast } from "../../core/toasts.js";
import { words } from "../../words/en/lightbox.js";
import { icon } from "../icon.js";
import { calledOf, isClip } from "../picture_tile.js";
import { isVeiled } from "../ratings.js";

/** So far around a picture another one is looked for. */
const NEAR = 24;
const MIDDLE = 50;

const isSide = kept("lightbox.side", false);
const canStand = (item) => Boolean(item?.url) && !item.hidden && !isClip(item) && !isVeiled(item);

/**
 * What stands beside `opened` while two are compared, by the address's `with`. `known(id)` is what is known
 * of an item, `learn(id)` asks for it. Answers `other` (a signal), `begin`, `leaf(±1)`, `take(id)`, `end`.
 */
export function comparing({ opened, known, learn, holdings }, { onLeave }) {
  const named = computed(() => (opened.value && route.value.query.with !== opened.value ? route.value.query.with ?? null : null));
  const other = computed(() => {
    const [one, item] = [known(opened.value), named.value && known(named.value)];
    return item && canStand(item) && canStand(one) ? item : null;
  });
  onLeave(effect(() => {
    const id = named.value;
    if (id) untracked(() => { if (!known(id)) learn(id); });
  }));

  const from = (id, by) => {
    for (let steps = by, left = NEAR; left > 0; steps += by, left -= 1) {
      const found = holdings.beside(id, steps);
      if (canStand(found) && found.id !== opened.value) return found;
    }
    return null;
  };
  /** What it was made from says most; then what was made with it; then whatever stands next. */
  const likeliest = (item) => {
    if (item.source?.asset) return item.source.asset;
    const near = [from(item.id, 1), from(item.id, -1)].filter(Boolean);
    return (near.find(({ stack }) => stack === item.stack) ?? near[0])?.id ?? null;
  };

  const take = (id) => { wish({ with: id }); };
  return {
    other,
    take,
    canBegin: () => canStand(known(opened.value)),
    begin() {
      const id = likeliest(known(opened.value));
      if (id) take(id);
      else toast(words.compare.none);
    },
    leaf(by) {
      const found = from(other.value.id, by) ?? (holdings.get(other.value.id) ? null : from(opened.value, by));
      if (found) take(found.id);
    },
    end: () => wish({ with: null }),
  };
}

/** The bar above them: back to one of them, and how they stand. */
export function compareBar({ end }) {
  const { compare } = words;
  const choice = (is, text) => html`<button type="button" class="plain" aria-pressed=${isSide.value === is ? "true" : "false"} @click=${() => { isSide.value = is; }}>${text}</button>`;
  return html`<header class="lightbox-bar">
    <button type="button" class="plain" aria-label=${compare.end} title=${compare.end} @click=${end}>${icon("close")}</button>
    <span class="generated">${icon("create")}${words.generated}</span>
    <span class="acts is-choice" role="group" aria-label=${compare.how}>${choice(false, compare.slider)}${choice(true, compare.side)}</span></header>`;
}

/** Both, the first left or under the line's left side. */
export function comparison(one, other) {
  return isSide.value ? html`<div class="side-by-side">${figure(one, words.compare.first)}${figure(other, words.compare.second)}</div>`
    : html`<picture-slider .one=${one} .other=${other}></picture-slider>`;
}

const figure = (item, called) => html`<figure>${full(item)}<figcaption title=${calledOf(item)}><b>${called}</b> ${calledOf(item)}</figcaption></figure>`;
const full = (item) => html`<img src=${item.url} alt=${calledOf(item)} width=${item.width} height=${item.height} draggable="false">`;

part("picture-slider", (host) => {
  const at = signal(MIDDLE);
  const moved = (event) => {
    at.value = Number(event.currentTarget.value);
    host.style.setProperty("--at", `${at.value}%`);
  };
  return () => html`${full(host.one)}<div class="over">${full(host.other)}</div><span class="line">${icon("back")}${icon("forward")}</span>
    <input type="range" min="0" max="100" step="1" aria-label=${words.compare.line} .value=${String(at.value)} @input=${moved}>
    <span class="named is-first" aria-hidden="true">${words.compare.first}</span><span class="named is-second" aria-hidden="true">${words.compare.second}</span>`;
});
