// What a person has ticked for their twin: added to, taken back one by one, withdrawn as a whole.

import { intention } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { ask } from "../../parts/dialog.js";
import { state } from "../../store.js";
import { refreshViewer } from "../../viewer.js";
import { plain } from "../../wording.js";
import { words as twins } from "../../words/en/twins.js";
import { withdraw } from "../settings/consent.js";

/** Work needs one of these. A rating covers nothing by itself. */
export const COVERS_WORK = ["training", "general-images", "clips"];
const words = twins.consent;

/** A box for each scope that is offered. */
export function tickBoxes(offered) {
  return html`<fieldset><legend>${twins.sign.each}</legend>${offered.map(({ scope, words: said }) => html`
    <label class="check"><input type="checkbox" name="scope" value=${scope}><span>${said}</span></label>`)}</fieldset>`;
}

/** Answers `draw(twin)`: what is ticked, each with a way back, and what may be ticked besides. */
export function consentTicked(id) {
  const problem = signal("");
  const add = intention("AddConsentScopes");
  const takeBack = intention("TakeBackConsentScopes");

  const tried = async (action) => {
    problem.value = "";
    try {
      await refreshViewer((await action()).position);
    } catch (error) {
      problem.value = error.message;
    }
  };
  const added = (event) => {
    event.preventDefault();
    const scopes = new FormData(event.currentTarget).getAll("scope");
    tried(() => add({ twin: id, textSha256: state.catalogue.consentText.sha256, scopes }));
  };
  const takenBack = async (twin, scope) => {
    const others = twin.consent.scopes.some((one) => one !== scope && COVERS_WORK.includes(one));
    if (!others) {
      withdraw(twin);
      return;
    }
    const text = words.takeBackAsk[scope] ?? words.takeBackAsk.other;
    const action = words.takeBack(named(scope));
    if (await ask({ title: action, text, action })) tried(() => takeBack({ twin: id, scopes: [scope] }));
  };

  return (twin) => {
    const { offered, version, text } = state.catalogue.consentText;
    const { scopes, textVersion } = twin.consent;
    const more = offered.filter(({ scope }) => !scopes.includes(scope));
    const isNew = textVersion !== version;
    return html`<section><details class="consent"><summary>${words.title}: ${scopes.map(named).join(", ")}</summary>
      <p class="faint">${words.version(textVersion)}</p>
      <ul class="scopes">${scopes.map((scope) => keyed(scope, html`<li><span>${offered.find((one) => one.scope === scope)?.words ?? named(scope)}</span>
        <button type="button" class="quiet" @click=${() => takenBack(twin, scope)}>${words.takeBack(named(scope))}</button></li>`))}</ul>
      ${more.length || isNew ? html`<form @submit=${added}><h3>${isNew ? words.newText : words.more}</h3>
        <div class="legal" tabindex="0">${text}</div>${more.length ? tickBoxes(more) : null}
        <label class="check"><input type="checkbox" required><span>${isNew ? words.agreedNew : words.agreed}</span></label>
        <div><button class="quiet">${isNew ? words.accept : words.add}</button></div></form>` : null}
      <p><button type="button" class="danger" @click=${() => withdraw(twin)}>${words.withdraw}</button></p>
      <p class="danger" role="alert">${problem.value}</p></details></section>`;
  };
}

const named = (scope) => words.scopes[scope] ?? plain(scope);
