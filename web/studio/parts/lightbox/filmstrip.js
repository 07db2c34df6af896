// What stands before and after the picture that is looked at, small and under it: one step there.

import { html, keyed } from "../../core/template.js";
import { words } from "../../words/en/lightbox.js";
import { icon } from "../icon.js";
import { calledOf, isClip, stillOf } from "../picture_tile.js";
import { isVeiled } from "../ratings.js";

/** So many on each side; a narrow window shows those in its middle. */
const AROUND = 8;
const SIDE_PX = 64;

/**
 * The neighbours of `id` among `holdings`, itself in the middle; nothing where it stands alone. `other` is
 * looked at, too, where two are compared; `pick(id)` is told which one is wanted.
 */
export function filmstrip({ id, other, holdings, addressOf, pick }) {
  void holdings.version.value;
  const at = holdings.find(id);
  if (!at || holdings.count < 2) return null;
  const rank = holdings.rank(at);
  const places = Array.from({ length: 2 * AROUND + 1 }, (_, place) => rank - AROUND + place);
  return html`<nav class="strip" aria-label=${words.strip.label}><ul>${places.map((place) => {
    const stands = place < 0 ? null : holdings.ranked(place);
    const item = stands && holdings.months[stands.place].items[stands.index];
    if (item) return keyed(item.id, html`<li>${link(item, { isHere: item.id === id, isOther: item.id === other, href: addressOf(item.id), pick })}</li>`);
    return keyed(place, html`<li class=${stands ? "skeleton" : "is-end"}></li>`);
  })}</ul></nav>`;
}

// The arrow keys do the same: the tab key need not pass by each of them.
function link(item, { isHere, isOther, href, pick }) {
  const still = item.hidden ? null : stillOf(item, SIDE_PX);
  return html`<a href=${href} tabindex="-1" draggable="false" aria-label=${words.strip.show(calledOf(item))} class=${isOther ? "is-other" : ""} aria-current=${isHere ? "true" : null}
    @click=${(event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      if (!isHere) pick(item.id);
    }}>${still ? html`<img src=${still} alt="" class=${isVeiled(item) ? "is-veiled" : ""} width="64" height="64" decoding="async" draggable="false">` : icon("eye")}
    ${isClip(item) ? icon("play") : null}</a>`;
}
