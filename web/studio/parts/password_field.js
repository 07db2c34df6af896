// A field for a password, which can be looked at: one who sees what they type, types it right.

import { html } from "../core/template.js";
import { words } from "../words/en.js";
import { icon } from "./icon.js";

/** As short as a new one may be. The server says so, too. */
const LENGTH_MIN = 12;

/** A field under its label. `isShown` is a signal, `isNew` tells it from one that is known. */
export function passwordField(label, { isShown, isNew, name = "password", autofocus = false }) {
  return html`<label>${label}<input name=${name} required autofocus=${autofocus}
    type=${isShown.value ? "text" : "password"} minlength=${isNew ? LENGTH_MIN : null}
    autocomplete=${isNew ? "new-password" : "current-password"}></label>`;
}

/** The button that shows what is typed, and hides it again. */
export function revealed(isShown) {
  return html`<button type="button" class="plain reveal" aria-pressed=${String(isShown.value)} @click=${() => { isShown.value = !isShown.value; }}>
    ${icon("eye")}${isShown.value ? words.account.conceal : words.account.reveal}</button>`;
}
