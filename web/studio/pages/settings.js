// The person's own: who they are here, how the studio looks, and the way out.

import { run } from "../core/client.js";
import { forgetDrafts, kept } from "../core/kept.js";
import { html } from "../core/template.js";
import { attempt } from "../notice.js";
import { forgetViewer, state } from "../store.js";
import { words } from "../words/en.js";
import { words as own } from "../words/en/settings.js";

export default function settings() {
  const theme = kept("theme", "system");
  return () => html`
    <section><h2>${own.profile}</h2><p>${state.viewer?.email}</p>
      <button type="button" class="quiet" id="sign-out" @click=${signOut}>${words.account.signOut}</button></section>
    <section><h2>${own.appearance}</h2><fieldset class="radios"><legend>${own.theme}</legend>
      ${Object.entries(own.themes).map(([name, called]) => html`<label><input type="radio" name="theme" value=${name}
        .checked=${theme.value === name} @change=${() => { theme.value = name; }}>${called}</label>`)}</fieldset></section>`;
}

function signOut() {
  return attempt(async () => {
    await run("SignOut");
    forgetDrafts();
    forgetViewer();
    location.hash = "#/welcome";
  });
}
