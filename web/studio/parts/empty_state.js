// What stands where nothing is yet, or where something went wrong: a sign, a sentence, one thing to do.

import { Failed } from "../core/client.js";
import { html } from "../core/template.js";
import { words } from "../words/en.js";
import { icon } from "./icon.js";

/** Nothing is here yet: what would be, and the one step to it (a template, or null). */
export function emptyState(sign, title, text, action = null) {
  return html`<div class="empty">${icon(sign)}<h2>${title}</h2><p>${text}</p>${action}</div>`;
}

/** It could not be shown: why, a way to try again, and what whoever looks into it asks for. */
export function brokenState(error, again) {
  const trace = error instanceof Failed ? error.trace : null;
  return html`<div class="empty" role="alert">${icon("warning")}<p>${error.message}</p>
    <div class="actions"><button type="button" @click=${again}>${words.again}</button>
    ${trace ? html`<button type="button" class="quiet" @click=${() => navigator.clipboard?.writeText(trace)}>${words.copyTrace}</button>` : null}
    </div></div>`;
}
