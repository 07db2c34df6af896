// The button that spends credits: what it does and costs, or beside it why it cannot be pressed.

import { html } from "../core/template.js";
import { credits } from "../wording.js";

/**
 * `millicredits` null while the price is not known: the last one stays, `isAsking`. `reason` is a sentence
 * or a template with the next step; where there is one the button is off.
 */
export function priceButton({ action, millicredits, isAsking = false, reason = null, onPress = null }) {
  const price = millicredits === null ? "" : ` · ${credits(millicredits)} credits`;
  return html`<div class="price-button">
    <button class="primary" type=${onPress ? "button" : "submit"} disabled=${reason !== null} aria-busy=${isAsking ? "true" : null}
      @click=${onPress}>${action}<span class="price">${price}</span></button>
    ${reason === null ? null : html`<span class="reason">${reason}</span>`}</div>`;
}
