// "Tell me when it is done": asks the browser once, at the moment when somebody would like to know.

import { signal } from "../core/signal.js";
import { html } from "../core/template.js";
import { obstacle, turnOn, wish } from "../notifications.js";
import { state } from "../store.js";
import { words } from "../words/en/notifications.js";
import { words as settings } from "../words/en/settings.js";

/** Answers what draws the button, what was said to it, or nothing where there can be no notifications. */
export function notifyMe() {
  const refused = signal("");
  const asked = async () => { refused.value = await turnOn(state.viewer.id); };
  return () => {
    if (wish(state.viewer?.id).value && !obstacle()) return html`<p class="faint" role="status">${words.wanted}</p>`;
    if (refused.value) return html`<p class="faint" role="status">${settings.notifications[refused.value]}</p>`;
    return obstacle() ? null : html`<div><button type="button" class="quiet" @click=${asked}>${words.request}</button></div>`;
  };
}
