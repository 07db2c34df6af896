// How the studio looks in this browser: colours, contrast, motion.

import { kept } from "../../core/kept.js";
import { html } from "../../core/template.js";
import { words } from "../../words/en/settings.js";

/** The choices. Each holds at once. */
export function appearance() {
  return html`<section><h2>${words.appearance}</h2><div class="choices-of-looks">
    ${radios("theme", words.theme, words.themes)}${radios("contrast", words.contrast, words.contrasts)}${radios("motion", words.motion, words.motions)}</div></section>`;
}

function radios(name, title, choices) {
  const held = kept(name, "system");
  return html`<fieldset class="radios"><legend>${title}</legend>${Object.entries(choices).map(([value, called]) => html`
    <label><input type="radio" name=${name} value=${value} .checked=${held.value === value}
      @change=${() => { held.value = value; }}>${called}</label>`)}</fieldset>`;
}
