// Choices that are seen at once: radio buttons that look like what they stand for.

import { html, keyed } from "../../core/template.js";

/**
 * A group of choices under `called`: `offered` are `{ value, inside, isOff?, title? }`, `inside` what is
 * shown of one. `kind` names how they look.
 */
export function choices({ name, called, kind, offered, chosen, pick }) {
  return html`<fieldset class=${`choice-group are-${kind}`}><legend>${called}</legend><div class="choice-row">
    ${offered.map(({ value, inside, isOff = false, title = null }) => keyed(String(value), html`
      <label class=${`choice is-${kind}${isOff ? " is-off" : ""}`} title=${title}>
        <input class="choice-input" type="radio" name=${name} value=${value} disabled=${isOff}
          .checked=${value === chosen} @change=${() => pick(value)}>${inside}</label>`))}</div></fieldset>`;
}
