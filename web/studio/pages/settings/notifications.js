// Whether the browser tells what ends while somebody looks elsewhere. Off until they ask for it.

import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { obstacle, turnOn, wish } from "../../notifications.js";
import { state } from "../../store.js";
import { words as settings } from "../../words/en/settings.js";

const words = settings.notifications;

/** Answers what draws the choice, or why there is none. */
export function notifications() {
  const hindered = signal(obstacle());
  const changed = async (event) => {
    const box = event.currentTarget;
    const own = wish(state.viewer.id);
    if (!box.checked) {
      own.value = false;
      return;
    }
    hindered.value = await turnOn(state.viewer.id);
    // Somebody may have closed the browser's question without an answer.
    box.checked = own.value;
  };
  return () => {
    const isImpossible = hindered.value === "insecure" || hindered.value === "missing";
    const isOn = wish(state.viewer?.id).value && !hindered.value;
    return html`<section><h2>${words.title}</h2>
      <label class="check"><input type="checkbox" disabled=${isImpossible} .checked=${isOn} @change=${changed}>${words.wish}</label>
      <p class="faint">${words.hint}</p>
      <p role="status">${hindered.value ? words[hindered.value] : ""}</p></section>`;
  };
}
