// One picture or clip as a tile: the picture alone, and what is done with it where one points.

import { html } from "../core/template.js";
import { words } from "../words/en/gallery.js";
import { icon } from "./icon.js";
import { isVeiled } from "./ratings.js";

/** Pixels that the small still has on its longer side. */
const SMALL_PX = 256;

/** What is read out for an item. */
export const calledOf = (item) => item.prompt || words.kinds[item.kind];

/** Whether an item moves. */
export const isClip = (item) => item.mediaType?.startsWith("video/") ?? false;

/** The address of the still that suits a box of CSS pixels; null where it is not served. */
export function stillOf(item, width, height = width) {
  const { thumbnail, large } = item;
  const isSmall = Math.max(width, height) * devicePixelRatio <= SMALL_PX * 1.2;
  return (isSmall ? thumbnail?.url : large?.url) ?? thumbnail?.url ?? large?.url ?? (isClip(item) ? null : item.url ?? null);
}

/**
 * `box` is its size; `href` opens it; it stands for `size` items. `isSelecting`: a click selects.
 * `onPick(event)` is called for the corner, and for the whole tile while selecting.
 */
export function pictureTile({ item, box, href, size = 1, isSelected, isSelecting, isCurrent, onPick, onFocus }) {
  const called = calledOf(item);
  const length = item.durationMs ? words.seconds(item.durationMs) : "";
  const still = item.hidden ? null : stillOf(item, box.width, box.height);
  return html`
    <a class="tile-link" href=${href} tabindex=${isCurrent ? "0" : "-1"} draggable="false"
      aria-label=${size > 1 ? words.tile.openStack(called, size) : words.tile.open(called, { isFavourite: item.favourite, isClip: isClip(item), length })}
      @focus=${onFocus} @click=${(event) => { if (isSelecting || event.shiftKey) { event.preventDefault(); onPick(event); } }}>
      ${still ? html`<img src=${still} alt="" class=${isVeiled(item) ? "is-veiled" : ""} decoding="async" draggable="false" @error=${broke} @load=${came}>
        ${isVeiled(item) ? html`<span class="tile-veil">${icon("eye")}</span>` : null}`
        : html`<span class="tile-hidden">${icon("eye")}<span>${item.hidden ? words.tile.hidden : words.kinds[item.kind]}</span></span>`}
    </a>
    <button type="button" class="tile-pick" tabindex="-1" aria-pressed=${isSelected ? "true" : "false"}
      aria-label=${words.tile.select(called)} @click=${onPick}>${icon("check")}</button>
    <button type="button" class="tile-again" tabindex="-1" aria-label=${words.tile.again} @click=${again}>${icon("refresh")}</button>
    ${item.favourite ? html`<span class="tile-star">${icon("star")}</span>` : null}
    ${size > 1 ? html`<span class="tile-length is-stack">${icon("layers")}${size}</span>` : isClip(item) ? html`<span class="tile-length">${icon("play")}${length}</span>` : null}
    ${item.purgeAt ? html`<span class="tile-length">${words.trash.left(item.purgeAt)}</span>` : null}`;
}

// Its tile may be gone before it has come.
function broke(event) { event.currentTarget.closest("li")?.classList.add("is-broken"); }

function came(event) {
  const tile = event.currentTarget.closest("li");
  tile?.classList.remove("is-broken");
  tile?.classList.add("is-there");
}

// What failed once is not asked for again under the same address by itself.
function again(event) {
  const picture = event.currentTarget.closest("li").querySelector("img");
  const { src } = picture;
  picture.src = "";
  picture.src = src;
}
