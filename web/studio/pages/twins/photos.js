// The photos of a twin: chosen, seen at once as cards, sent, and judged one by one on their cards.

import { route } from "../../core/router.js";
import { effect, signal, untracked } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { uploadPhotos } from "../../core/uploads.js";
import { trainingEngine } from "../../engines.js";
import { icon } from "../../parts/icon.js";
import { state } from "../../store.js";
import { refreshViewer } from "../../viewer.js";
import { flaw } from "../../wording.js";
import { words as twins } from "../../words/en/twins.js";
import { examples } from "./examples.js";
import { openUploads } from "./open_uploads.js";
import { photoCard } from "./photo_card.js";
import { photoKeys } from "./photo_keys.js";
import { photoMemory, smallOf } from "./photo_memory.js";
import { photoSet } from "./photo_set.js";
import { sampleSets } from "./sample_sets.js";

const TYPES = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", ".heic", ".heif"].join(",");
const words = twins.photos;
const NOBODY = { photos: [], reusablePhotos: [], consent: null };

/** Answers `draw(twin)`. */
export function photoStep(id, { onLeave }) {
  const sent = signal(null);
  const problem = signal("");
  const memory = photoMemory(id);
  const theTwin = () => state.viewer?.twins.edges.find(({ node }) => node.id === id)?.node ?? NOBODY;
  const set = photoSet(theTwin, memory);
  const samples = sampleSets((files) => handIn(files.map((file) => ({ file, name: "", digest: null }))));

  const add = (files) => {
    problem.value = "";
    set.add(files);
  };
  const handIn = async (wanted) => {
    if (sent.value !== null) return;
    problem.value = "";
    const [reused, fresh] = [wanted.filter(set.isThere), wanted.filter((one) => !set.isThere(one))];
    sent.value = { done: 0, of: fresh.length };
    try {
      const small = new Map(await Promise.all(fresh.map(async (one) => [one, await smallOf(one.file)])));
      const known = () => Object.fromEntries(wanted.map((one) => (
        [one.photo, one.file ? { name: one.name, digest: one.digest, small: small.get(one) } : memory.of(one.photo)])));
      const position = await uploadPhotos({ id }, fresh.map(({ file }) => file), trainingEngine(), {
        planned: (photos) => {
          for (const [index, one] of fresh.entries()) one.photo = photos[index];
          // Whoever leaves as soon as the set is handed in finds their photos by name all the same.
          memory.add(known());
        },
        sent: (done) => { sent.value = { done, of: fresh.length }; },
      }, reused.map(({ photo }) => photo));
      memory.take(known());
      set.wasSent();
      await refreshViewer(position);
    } catch (error) {
      problem.value = error.message;
      // Planned elsewhere, or photos of before that went meanwhile: this page does not show it yet.
      if (["TOO_MANY_UPLOADS", "UPLOADS_NOT_PLANNED"].includes(error.code)) refreshViewer().catch(() => {});
    } finally {
      sent.value = null;
    }
  };
  const pasted = (event) => {
    // Wizards of other twins hear it, too, and so does this one in its other steps.
    if (route.value.path[0] !== id || sent.value !== null || !document.querySelector(".drop")) return;
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) add(files);
  };
  addEventListener("paste", pasted);
  onLeave(() => {
    removeEventListener("paste", pasted);
    set.leave();
  });
  // Without consent to learn from them nothing of a face stays here either.
  onLeave(effect(() => {
    const { consent } = theTwin();
    if (consent && !(consent.granted && consent.scopes.includes("training"))) untracked(memory.forget);
  }));

  const chosen = (event) => {
    add([...event.target.files]);
    event.target.value = "";
  };
  const dropped = (event) => {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  };
  const choosing = () => html`<div class="drop" @dragover=${(event) => event.preventDefault()} @drop=${dropped}>
    ${icon("upload")}<span>${words.drop}</span>
    <label class="button quiet">${words.choose}<input class="visually-hidden" type="file" multiple accept=${TYPES} @change=${chosen}></label>
    <label class="button quiet take-photo">${icon("camera")}${words.take}<input class="visually-hidden" type="file" accept="image/*" capture="user" @change=${chosen}></label></div>`;

  return (twin) => {
    const { minimum, maximum } = state.catalogue.photoCount;
    const isJudging = twin.status === "PHOTOS_JUDGING";
    const isBusy = isJudging || sent.value !== null;
    const judged = new Map(twin.photos.map((photo) => [photo.id, photo]));
    const shown = set.all();
    const count = shown.length;
    const flawOf = (card) => set.flawOf(card, judged.get(card.photo), isJudging, (flaws) => flaws.map(flaw).join(", "));
    const card = (one, index) => keyed(one.key, photoCard(one, index, {
      found: flawOf(one), isGood: set.isThere(one) || judged.get(one.photo)?.verdict === "GOOD", isJudging,
      drop: set.drop, replace: set.replace, types: TYPES, isFixed: isBusy,
    }));
    const reason = count < minimum ? words.tooFew(minimum - count) : count > maximum ? words.tooMany(count - maximum)
      : shown.some(flawOf) ? words.broken : set.isAsSent() && shown.every(set.isThere) ? words.unchanged : null;
    return html`<section><h3>${words.title(minimum, maximum)}</h3><p class="faint">${words.how}</p>
      ${twin.setFlaws.length && !isJudging ? html`<p class="danger">${words.refusedSet} ${twin.setFlaws.map(flaw).join(", ")}.</p>` : null}
      ${isJudging ? html`<p role="status">${words.judging}</p>` : null}
      ${count ? null : examples()}
      ${isBusy ? null : choosing()}
      ${count ? html`<ul class="photo-cards" @keydown=${(event) => photoKeys(event, shown, isBusy ? null : set.drop)}>${shown.map(card)}</ul>` : null}
      ${isBusy ? null : offer(set)}
      <p class="danger" role="alert">${problem.value}</p>
      ${isBusy || !count ? null : html`<div class="price-button"><button type="button" disabled=${reason !== null} @click=${() => handIn(shown)}>${words.submit(count)}</button>
        <span class="reason">${words.meter(count, minimum, maximum)}${reason ? ` · ${reason}` : ""}</span></div>`}
      ${sent.value ? html`<p role="status">${words.sending(sent.value.done, sent.value.of)}</p><progress .max=${Math.max(1, sent.value.of)} .value=${sent.value.done}></progress>` : null}
      ${isBusy ? null : samples()}
      ${openUploads(twin)}</section>`;
  };
}

// Photos of before that are good still, and in no card.
function offer(set) {
  const offered = set.offered();
  if (!offered.length) return null;
  return html`<div class="offer"><p>${words.offered(offered.length)}</p>
    <ul>${offered.map((card, index) => keyed(card.key, html`<li><button type="button" class="plain" aria-label=${words.use(words.called(index, card.name))} @click=${() => set.use([card])}>
      ${card.url ? html`<img src=${card.url} alt="" width="56" height="56" decoding="async">` : html`<span class="no-photo">${icon("twins")}</span>`}</button></li>`))}</ul>
    <button type="button" class="quiet" @click=${() => set.use(offered)}>${words.useAll(offered.length)}</button></div>`;
}
