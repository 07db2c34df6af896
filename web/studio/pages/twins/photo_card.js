// One photo of a set as a card: what it shows, and what was found of it, on the card itself.

import { html } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words as twins } from "../../words/en/twins.js";

const words = twins.photos;

/** `found` is what is wrong with it, in words, or null; a card that `isFixed` cannot be changed now. */
export function photoCard(card, index, { found, isGood, isJudging, drop, replace, types, isFixed }) {
  const name = words.called(index, card.name);
  const kind = found ? "is-flawed" : isGood ? "is-good" : "";
  const said = isGood ? html`${icon("check")} ${words.good}` : card.note ?? (isJudging ? words.waits : words.ready);
  return html`<li class=${`photo-card ${kind}`} aria-label=${name} tabindex=${index === 0 ? "0" : "-1"}>
    ${card.url ? html`<img src=${card.url} alt="" decoding="async">` : html`<span class="no-photo">${icon("twins")}</span>`}
    <strong>${name}</strong>
    <span class=${found ? "danger" : isGood ? "good" : "faint"}>${found ?? said}</span>
    ${isFixed ? null : html`<span class="photo-actions">
      <label class="button quiet" title=${words.replace(name)}>${icon("refresh")}<span class="visually-hidden">${words.replace(name)}</span>
        <input class="visually-hidden" type="file" accept=${types} @change=${(event) => replace(card, event.target.files[0])}></label>
      <button type="button" class="quiet" aria-label=${words.remove(name)} @click=${() => drop(card)}>${icon("trash")}</button></span>`}
  </li>`;
}
