// The way to a twin, one task a screen: release, consent, photos, training. It is taken up where one left.

import { intention } from "../../core/client.js";
import { href } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { stepList } from "../../parts/step_list.js";
import { state } from "../../store.js";
import { seen } from "../../viewer.js";
import { words } from "../../words/en/twins.js";
import { checkpoints } from "./checkpoints.js";
import { COVERS_WORK, consentTicked, tickBoxes } from "./consent.js";
import { photoStep } from "./photos.js";
import { trainStep } from "./train.js";

const NAMES = ["release", "consent", "photos", "train"];

/** Answers `draw(twin)` of the twin of this id. */
export function wizard(id, scope) {
  const release = signing(releaseOf(id));
  const consent = signing(consentOf(id));
  const photos = photoStep(id, scope);
  const train = trainStep(id, scope);
  const consented = consentTicked(id);
  const kept = checkpoints(id);
  return (twin) => {
    const now = stepOf(twin);
    const steps = NAMES.map((name, index) => ({
      name,
      title: words.steps[name],
      state: now === null || index < NAMES.indexOf(now) ? "done" : name === now ? "now" : "locked",
    }));
    const learns = twin.consent?.scopes.includes("training");
    return html`<div class="wizard"><aside><h2>${twin.name}</h2><p class="faint">${words.list.statuses[twin.status]}</p>
        ${stepList(words.steps.called(twin.name), steps)}
        ${twin.trained ? html`<p><a class="button" href=${href("create", [], { twin: twin.id })}>${words.list.create(twin.name)}</a></p>` : null}</aside>
      <div class="task">
        ${now === "release" ? release() : null}
        ${now === "consent" ? consent() : null}
        ${now === "photos" && learns ? photos(twin) : null}
        ${now === "train" && learns ? train(twin) : null}
        ${now === "train" && learns && twin.status === "PHOTOS_ACCEPTED" ? html`<details class="card"><summary>${words.train.otherPhotos}</summary>${photos(twin)}</details>` : null}
        ${now === "photos" && !learns ? html`<section><h3>${words.photos.notConsented}</h3><p>${words.photos.tickTraining}</p></section>` : null}
        ${now === null ? kept(twin) : null}
        ${now === null && learns ? html`<details class="card"><summary>${words.train.anew}</summary>${photos(twin)}</details>` : null}
        ${twin.consent?.granted ? consented(twin) : null}
      </div></div>`;
  };
}

function stepOf(twin) {
  if (!twin.biometricReleaseSigned) return "release";
  if (!twin.consent?.granted) return "consent";
  if (twin.status === "TRAINED") return null;
  return ["PHOTOS_ACCEPTED", "TRAINING"].includes(twin.status) ? "train" : "photos";
}

const releaseOf = (id) => ({
  title: words.sign.release,
  text: () => state.catalogue.biometricReleaseText,
  statement: words.sign.released,
  sign: intention("SignBiometricRelease"),
  input: (text) => ({ twin: id, textSha256: text.sha256, locale: "en" }),
});

const consentOf = (id) => ({
  title: words.sign.consent,
  text: () => state.catalogue.consentText,
  statement: words.sign.mine,
  boxes: () => tickBoxes(state.catalogue.consentText.offered),
  sign: intention("GrantConsent"),
  input: (text, data) => ({ twin: id, textSha256: text.sha256, scopes: data.getAll("scope") }),
  lacks: (data) => (data.getAll("scope").some((scope) => COVERS_WORK.includes(scope)) ? null : words.sign.nothing),
});

// A text, what is ticked of it, and a signature: nothing is ticked before its owner ticks it.
function signing({ title, text, statement, boxes = () => null, sign, input, lacks = (_) => null }) {
  const problem = signal("");
  const signed = async (event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    problem.value = lacks(data) ?? "";
    if (problem.value) return;
    try {
      await seen((await sign(input(text(), data))).position);
    } catch (error) {
      problem.value = error.message;
    }
  };
  return () => html`<section><h3>${title}</h3><form @submit=${signed}>
    <div class="legal" tabindex="0">${text().text}</div>${boxes()}
    <label class="check"><input type="checkbox" required><span>${statement}</span></label>
    <p class="danger" role="alert">${problem.value}</p>
    <div><button>${words.sign.action}</button></div></form></section>`;
}
