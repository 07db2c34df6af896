// Steps of a way, one after another: done, now, locked.

import { html, keyed } from "../core/template.js";
import { icon } from "./icon.js";

/**
 * `steps`: `{ name, title, state: "done" | "now" | "locked", href?, says? }`. What is done or now and has
 * an address is a link; the one that is open is marked.
 */
export function stepList(label, steps, open = null) {
  return html`<ol class="steps" aria-label=${label}>${steps.map(({ name, title, state, href, says }) => keyed(name, html`
    <li class=${`step is-${state}`} aria-current=${name === (open ?? steps.find((one) => one.state === "now")?.name) ? "step" : null}>
      <span class="step-sign">${state === "done" ? icon("check") : state === "locked" ? icon("lock") : null}</span>
      ${href && state !== "locked" ? html`<a href=${href}>${title}</a>` : html`<span>${title}</span>`}
      ${says ? html`<small>${says}</small>` : null}</li>`))}</ol>`;
}
