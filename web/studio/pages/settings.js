// The person's own: who they are here, how the studio looks, and what they have consented to.

import { run } from "../core/client.js";
import { lettersOn } from "../core/hotkeys.js";
import { forgetPerson } from "../core/kept.js";
import { href } from "../core/router.js";
import { signal } from "../core/signal.js";
import { html, keyed } from "../core/template.js";
import { listShortcuts } from "../parts/shortcuts.js";
import { forgetViewer, state } from "../store.js";
import { words as shared } from "../words/en.js";
import { words } from "../words/en/settings.js";
import { appearance } from "./settings/appearance.js";
import { consentCard } from "./settings/consent.js";
import { notifications } from "./settings/notifications.js";
import { passwordChange } from "./settings/password.js";
import { ratings } from "./settings/ratings.js";
import { sessionList } from "./settings/sessions.js";

export default function settings() {
  const problem = signal("");
  const sessions = sessionList();
  const password = passwordChange(sessions.look);
  const notified = notifications();
  const leave = async () => {
    const { unwatch, watch } = await import("../arrivals.js");
    // What the feeds say of an ended session is no news to whoever ends it.
    unwatch();
    try {
      await run("SignOut");
    } catch (error) {
      problem.value = error.message;
      watch();
      return;
    }
    forgetPerson();
    forgetViewer();
    // Whoever is next begins where they belong.
    location.hash = "#/";
  };
  return () => html`
    <section><h2>${words.profile}</h2><p>${state.viewer?.email}</p>
      <p class="actions"><a class="button quiet" href=${href("welcome")}>${words.verified}</a>
        <button type="button" class="quiet" @click=${leave}>${shared.account.signOut}</button></p>
      <p class="danger" role="alert">${problem.value}</p></section>
    ${password()}
    ${sessions.draw()}
    ${appearance()}
    ${notified()}
    ${ratings()}
    <section><h2>${words.shortcuts}</h2>
      <label class="check"><input type="checkbox" .checked=${lettersOn.value} @change=${(event) => { lettersOn.value = event.target.checked; }}>${words.letters}</label>
      <p><button type="button" class="quiet" @click=${listShortcuts}>${words.listShortcuts}</button></p></section>
    <section><h2>${words.consent}</h2>${twins()}</section>
    <section><h2>${words.checks.title}</h2><ol>${words.checks.list.map((text) => html`<li>${text}</li>`)}</ol></section>`;
}

function twins() {
  const own = state.viewer?.twins.edges.map(({ node }) => node) ?? [];
  if (!own.length) return html`<p>${words.noTwin}</p><p><a class="button quiet" href=${href("twins")}>${words.makeTwin}</a></p>`;
  return html`<ul class="consents">${own.map((twin) => keyed(twin.id, consentCard(twin)))}</ul>`;
}
