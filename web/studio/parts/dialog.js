// What is asked over the page: one thing, with a way out. Focus returns to where it came from.

import { live } from "../core/part.js";
import { layer } from "../core/router.js";
import { html } from "../core/template.js";
import { words } from "../words/en.js";
import { icon } from "./icon.js";

/**
 * Opens a dialog that `setup(dialog, { onLeave, close })` draws, under a title. Back and Esc close it.
 * `asideClass` names a kind of it ("drawer"). Answers a promise of what `close` was given, undefined when it was let be.
 */
export function open(title, setup, { kind = "" } = {}) {
  return new Promise((resolve) => {
    const cameFrom = document.activeElement;
    const dialog = document.createElement("dialog");
    dialog.className = `dialog ${kind}`.trim();
    dialog.setAttribute("aria-label", title);
    let answer;
    const close = (given) => { answer = given; dialog.close(); };
    const closedOtherwise = layer(() => dialog.close());
    document.body.append(dialog);
    const leave = live(dialog, (_, { onLeave }) => {
      const draw = setup(dialog, { onLeave, close });
      return () => html`
        <header class="dialog-head"><h2>${title}</h2>
          <button type="button" class="plain" aria-label=${words.dialog.close} @click=${() => close()}>${icon("close")}</button>
        </header>
        ${draw()}`;
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
    dialog.addEventListener("close", () => {
      const followed = closedOtherwise();
      leave();
      dialog.remove();
      if (cameFrom instanceof HTMLElement && cameFrom.isConnected) cameFrom.focus();
      // What is opened next would be closed by the step back that is still on its way.
      followed.then(() => resolve(answer));
    });
    dialog.showModal();
  });
}

/**
 * Asks before something is done that cannot be undone: what it is and what follows. With `typed` those
 * words have to be written first. Answers whether it was wanted.
 */
export async function ask({ title, text, action, typed = null, typedLabel = "" }) {
  const wanted = await open(title, (dialog, { close }) => {
    const confirmed = (event) => {
      event.preventDefault();
      const written = dialog.querySelector("input")?.value ?? null;
      if (typed === null || written === typed) close(true);
    };
    return () => html`<form class="ask" @submit=${confirmed}>
      <p>${text}</p>
      ${typed === null ? null : html`<label>${typedLabel}<input name="typed" autocomplete="off" required pattern=${literally(typed)}></label>`}
      <div class="actions">
        <button type="button" class="quiet" autofocus @click=${() => close(false)}>${words.dialog.cancel}</button>
        <button class="danger">${action}</button>
      </div>
    </form>`;
  });
  return wanted === true;
}

const literally = (text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
