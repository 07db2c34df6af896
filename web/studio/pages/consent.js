// What a person agrees to for their twin: ticked one by one, added to, taken back one by one.

import { element, form } from "../element.js";
import { command } from "../core/client.js";
import { attempt, notice } from "../notice.js";
import { state } from "../store.js";
import { refreshViewer } from "../viewer.js";
import { plain } from "../wording.js";

const TAKEN_BACK = {
  training: "Training stops. Your photos are deleted, and samples are hidden until you keep or purge them.",
  "general-images": "Open picture jobs stop, and pictures are hidden until you keep or purge them.",
  clips: "Open clip jobs stop, and clips are hidden until you keep or purge them.",
  suggestive: "Open jobs of this kind stop, and what they made is hidden until you keep or purge it.",
  adult: "Open jobs of this kind stop, and what they made is hidden until you keep or purge it.",
};

/** Twins whose consent is unfolded: the page is drawn anew whenever something changes. */
const opened = new Set();

/** Work needs one of these. A rating covers nothing by itself. */
const COVERS_WORK = ["training", "general-images", "clips"];

/** A text with one statement to be ticked, and a button that signs it. */
export function agreement(title, text, statement, agree) {
  return form(() => attempt(async () => refreshViewer((await agree()).position)),
    element("h3", {}, title),
    element("pre", { class: "text" }, text),
    element("label", { class: "check" },
      element("input", { type: "checkbox", required: true }), element("span", {}, statement)),
    element("div", {}, element("button", {}, "Sign")));
}

/** The first consent: nothing is ticked before its owner ticks it. */
export function consentStep(twin) {
  const { sha256, text, offered } = state.catalogue.consentText;
  return form((data) => attempt(async () => {
    const scopes = data.getAll("scope");
    if (!scopes.some((scope) => COVERS_WORK.includes(scope))) {
      notice("Tick training, pictures or clips.");
      return;
    }
    const granted = await command("GrantConsent", { twin: twin.id, textSha256: sha256, scopes });
    await refreshViewer(granted.position);
  }),
  element("h3", {}, "Consent"),
  element("pre", { class: "text" }, text),
  boxes(offered),
  element("label", { class: "check" },
    element("input", { type: "checkbox", required: true }),
    element("span", {}, "I am the person in these photos and I consent to what I have ticked")),
  element("div", {}, element("button", {}, "Sign")));
}

/** What is ticked, each with a way back; what may be ticked besides; and the whole withdrawal. */
export function consentTicked(twin) {
  const { offered, version } = state.catalogue.consentText;
  const { scopes, textVersion } = twin.consent;
  const more = offered.filter(({ scope }) => !scopes.includes(scope));
  const newText = textVersion !== version;
  return element("details", {
    open: opened.has(twin.id),
    ontoggle: ({ target }) => (target.open ? opened.add(twin.id) : opened.delete(twin.id)),
  },
  element("summary", {}, `Consent: ${scopes.map(named).join(", ")}`),
  element("p", { class: "faint" }, `Text version ${textVersion}.`),
  element("ul", {}, scopes.map((scope) => element("li", {},
    `${wordsOf(scope)} `,
    element("button", { type: "button", class: "quiet", onclick: () => takeBack(twin, scope) },
      `Take back ${named(scope)}`)))),
  more.length || newText ? additions(twin, more, newText) : null,
  element("div", {}, element("button", {
    type: "button",
    class: "danger",
    onclick: () => withdraw(twin),
  }, "Withdraw all consent")));
}

function additions(twin, more, newText) {
  const { sha256, text } = state.catalogue.consentText;
  const agreed = newText
    ? "I have read the text and accept it for all that I have ticked, before and now"
    : "I consent to what I have ticked, too";
  return form((data) => attempt(async () => {
    const scopes = data.getAll("scope");
    if (!newText && scopes.length === 0) {
      notice("Tick what you want to add.");
      return;
    }
    const added = await command("AddConsentScopes", { twin: twin.id, textSha256: sha256, scopes });
    await refreshViewer(added.position);
  }),
  element("h3", {}, newText ? "There is a new text" : "Tick more"),
  element("pre", { class: "text" }, text),
  more.length ? boxes(more) : null,
  element("label", { class: "check" },
    element("input", { type: "checkbox", required: true }), element("span", {}, agreed)),
  element("div", {}, element("button", {}, newText ? "Accept" : "Add")));
}

function boxes(offered) {
  return element("fieldset", {},
    element("legend", {}, "Tick each that you consent to"),
    offered.map(({ scope, words }) => element("label", { class: "check" },
      element("input", { type: "checkbox", name: "scope", value: scope }),
      element("span", {}, words))));
}

function takeBack(twin, scope) {
  const left = twin.consent.scopes.filter((one) => one !== scope && COVERS_WORK.includes(one));
  if (left.length === 0) {
    withdraw(twin);
    return;
  }
  if (!confirm(`Take back ${named(scope)}? ${TAKEN_BACK[scope] ?? ""}`)) return;
  attempt(async () => {
    const done = await command("TakeBackConsentScopes", { twin: twin.id, scopes: [scope] });
    await refreshViewer(done.position);
  });
}

function withdraw(twin) {
  if (!confirm("Withdraw consent? Photos and the trained twin are deleted, jobs stop.")) return;
  attempt(async () => {
    const done = await command("WithdrawConsent", { twin: twin.id });
    await refreshViewer(done.position);
  });
}

function named(scope) {
  return scope === "general-images" ? "pictures" : plain(scope);
}

/** The words of the text in force; of a scope that is not offered any more, its name. */
function wordsOf(scope) {
  const { offered } = state.catalogue.consentText;
  return offered.find((one) => one.scope === scope)?.words ?? `${named(scope)}.`;
}
