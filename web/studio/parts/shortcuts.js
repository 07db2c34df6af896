// What the keys do here, as `?` lists it.

import { hotkeys, lettersOn } from "../core/hotkeys.js";
import { html } from "../core/template.js";
import { words } from "../words/en.js";
import { open } from "./dialog.js";

/** Shows every shortcut of where one is. */
export function listShortcuts() {
  if (document.querySelector("dialog[open]")) return;
  const listed = hotkeys.value;
  open(words.shortcuts.title, () => () => html`<dl class="shortcuts">
      ${listed.map(({ keys, called }) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${called}</dd></div>`)}
    </dl>
    <label class="check"><input type="checkbox" .checked=${lettersOn.value}
      @change=${(event) => { lettersOn.value = event.target.checked; }}>${words.shortcuts.letters}</label>`);
}
