// The photos of a twin: chosen, seen at once as cards, sent, and judged one by one on their cards.

import { kept } from "../../core/kept.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { complain } from "../../core/toasts.js";
import { uploadPhotos, forgetUploads } from "../../core/uploads.js";
import { trainingEngine } from "../../engines.js";
import { icon } from "../../parts/icon.js";
import { state } from "../../store.js";
import { refreshViewer } from "../../viewer.js";
import { flaw, time } from "../../wording.js";
import { words as twins } from "../../words/en/twins.js";
import { cardOf } from "./photo_checks.js";
import { photoCard } from "./photo_card.js";
import { photoKeys } from "./photo_keys.js";
import { sampleSets } from "./sample_sets.js";

const TYPES = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", ".heic", ".heif"].join(",");
const words = twins.photos;

/** Answers `draw(twin)`. */
export function photoStep(id, { onLeave }) {
  const cards = signal([]);
  const sent = signal(null);
  const problem = signal("");
  // Names of what was sent, by the ids of photos: they stay in this browser.
  const names = kept(`draft.photos.${id}`, {});
  const samples = sampleSets((files) => handIn(files.map((file) => ({ file, name: "" }))));

  const add = async (files) => {
    problem.value = "";
    for (const file of files) {
      const card = await cardOf(file, cards.value);
      cards.value = [...cards.value, card];
    }
  };
  const drop = (card) => {
    if (card.url) URL.revokeObjectURL(card.url);
    cards.value = cards.value.filter((one) => one !== card);
  };
  const replace = async (card, file) => {
    if (!file) return;
    const next = await cardOf(file, cards.value.filter((one) => one !== card));
    if (card.url) URL.revokeObjectURL(card.url);
    cards.value = cards.value.map((one) => (one === card ? next : one));
  };
  const handIn = async (wanted) => {
    problem.value = "";
    sent.value = { done: 0, of: wanted.length };
    try {
      const position = await uploadPhotos({ id }, wanted.map(({ file }) => file), trainingEngine(), {
        planned: (photos) => {
          names.value = Object.fromEntries(photos.map((photo, index) => [photo, wanted[index].name]));
          for (const [index, one] of wanted.entries()) one.photo = photos[index];
        },
        sent: (done) => { sent.value = { done, of: wanted.length }; },
      });
      await refreshViewer(position);
    } catch (error) {
      problem.value = error.message;
      // Planned elsewhere, so this page does not show them yet.
      if (error.code === "TOO_MANY_UPLOADS") refreshViewer().catch(() => {});
    } finally {
      sent.value = null;
    }
  };
  const pasted = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) add(files);
  };
  addEventListener("paste", pasted);
  onLeave(() => {
    removeEventListener("paste", pasted);
    for (const { url } of cards.value) if (url) URL.revokeObjectURL(url);
  });

  return (twin) => {
    const { minimum, maximum } = state.catalogue.photoCount;
    const isJudging = twin.status === "PHOTOS_JUDGING";
    const judged = new Map(twin.photos.map((photo) => [photo.id, photo]));
    const shown = cards.value.length ? cards.value : sentBefore(twin, names.value);
    const flawed = cards.value.filter((card) => card.flaw || judged.get(card.photo)?.verdict === "FLAWED").length;
    const count = cards.value.length;
    const reason = count < minimum ? words.tooFew(minimum - count) : count > maximum ? words.tooMany(count - maximum) : flawed ? words.broken : null;
    const isBusy = isJudging || sent.value !== null;
    return html`<section><h3>${words.title(minimum, maximum)}</h3><p class="faint">${words.how}</p>
      ${twin.setFlaws.length && !isJudging ? html`<p class="danger">${words.refusedSet} ${twin.setFlaws.map(flaw).join(", ")}.</p>` : null}
      ${isJudging ? html`<p role="status">${words.judging}</p>` : null}
      ${isBusy ? null : html`<div class="drop" @dragover=${(event) => event.preventDefault()} @drop=${(event) => { event.preventDefault(); add([...event.dataTransfer.files]); }}>
        ${icon("upload")}<span>${words.drop}</span>
        <label class="button quiet">${words.choose}<input class="visually-hidden" type="file" multiple accept=${TYPES}
          @change=${(event) => { add([...event.target.files]); event.target.value = ""; }}></label></div>`}
      ${shown.length ? html`<ul class="photo-cards" @keydown=${(event) => photoKeys(event, shown, isBusy ? null : drop)}>${shown.map((card, index) => keyed(card.key, photoCard(card, index, judged.get(card.photo), { drop, replace, types: TYPES, isFixed: isBusy || !card.file })))}</ul>` : null}
      <p class="danger" role="alert">${problem.value}</p>
      ${isBusy || !count ? null : html`<div class="price-button"><button type="button" disabled=${reason !== null} @click=${() => handIn(cards.value)}>${words.submit(count)}</button>
        <span class="reason">${words.meter(count, minimum, maximum)}${reason ? ` · ${reason}` : ""}</span></div>`}
      ${sent.value ? html`<p role="status">${words.sending(sent.value.done, sent.value.of)}</p><progress .max=${sent.value.of} .value=${sent.value.done}></progress>` : null}
      ${isBusy ? null : samples()}
      ${openUploads(twin)}</section>`;
  };
}

function sentBefore(twin, names) {
  return twin.photos.map(({ id }) => ({ key: id, photo: id, name: names[id] ?? "", url: null, file: null, flaw: null, note: null }));
}

// Sets that were planned, here or elsewhere, and not handed in. Only so many may be open at once.
function openUploads(twin) {
  const open = twin.openUploads;
  if (!open.length) return null;
  const giveUp = async () => {
    try {
      let position = null;
      for (const { submission } of open) position = await forgetUploads(twin, submission) ?? position;
      await refreshViewer(position);
    } catch (error) {
      complain(error.message);
    }
  };
  return html`<p class="actions"><span>${words.open(open.length, time(open.map(({ until }) => until).sort().at(-1)))}</span>
    <button type="button" class="quiet" @click=${giveUp}>${words.giveUp}</button></p>`;
}
