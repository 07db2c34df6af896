// The bar above a picture: what it is labelled as, and everything that is done with it.

import { href } from "../../core/router.js";
import { html } from "../../core/template.js";
import { state } from "../../store.js";
import { words as shared } from "../../words/en.js";
import { words } from "../../words/en/lightbox.js";
import { meant, nameCollection, whichLabel } from "../../pages/gallery/asked.js";
import { words as said } from "../../words/en/gallery.js";
import { toast } from "../../core/toasts.js";
import { icon } from "../icon.js";

/** By media type, as people call it. */
const CALLED = { "video/mp4": "MP4", "image/webp": "WebP", "image/gif": "GIF", "image/png": "PNG" };
/** The files with content credentials: only these may leave the studio. */
const TO_KEEP = new Set(["MASTER", "PREVIEW", "GIF"]);

/** The files of an item that may be downloaded, the master first; none until they are known. */
export const filesOf = (item) => (item.hidden || !item.renditions ? [] : item.renditions.filter(({ role, url }) => TO_KEEP.has(role) && url));

/** The bar of `item`; `does` is what the lightbox can do. */
export function actions(item, does) {
  const isPlain = !item.hidden && !item.purgeAt;
  const files = filesOf(item);
  const { problem } = does.acts;
  return html`<header class="lightbox-bar">
    <button type="button" class="plain" aria-label=${words.close} title=${words.close} @click=${does.close}>${icon("close")}</button>
    <button type="button" class="generated" title=${words.credentials.title} aria-expanded=${does.isInformed.value ? "true" : "false"}
      @click=${() => { does.isInformed.value = true; }}>${icon("create")}${words.generated}</button>
    <span class="acts">
      ${isPlain ? html`
        <button type="button" class="plain star" aria-label=${words.star} title=${words.star} aria-pressed=${item.favourite ? "true" : "false"}
          @click=${() => does.star(!item.favourite)}>${icon("star")}</button>
        ${files.length > 1 ? downloads(files) : files.map(download)}
        <button type="button" class="plain" aria-label=${words.collection} title=${words.collection} @click=${() => collect(item, does)}>${icon("collection")}</button>
        <a class="plain button" href=${href("create", [], { draft: item.id })} title=${words.useSettings}>${icon("settings")}<span>${words.useSettings}</span></a>
        ${item.kind === "IMAGE" ? html`<a class="plain button" href=${href("create", [], { source: item.id })} title=${words.moreLikeThis}>${icon("create")}<span>${words.moreLikeThis}</span></a>` : null}
        ${does.compare.canBegin() ? html`<button type="button" class="plain" aria-label=${words.compare.start} title=${words.compare.start} @click=${does.compare.begin}>${icon("compare")}</button>` : null}
        ${canMove(item) ? html`<a class="plain button" href=${href("create", [], { kind: "clip", source: item.id })} aria-label=${words.animate} title=${words.animate}>${icon("video")}</a>` : null}` : null}
      ${item.hidden ? html`<button type="button" class="quiet" @click=${() => moved(item, does, "keep")}>${words.keep}</button>` : null}
      ${item.purgeAt ? html`<button type="button" class="quiet" @click=${() => moved(item, does, "restore")}>${words.restore}</button>` : null}
      <button type="button" class="plain" aria-label=${words.info} title=${words.info} aria-pressed=${does.isInformed.value ? "true" : "false"}
        @click=${() => { does.isInformed.value = !does.isInformed.value; }}>${icon("info")}</button>
      <button type="button" class="plain away" aria-label=${isPlain ? words.trash : words.purge} title=${isPlain ? words.trash : words.purge}
        @click=${(event) => { if (event.detail < 2) away(item, does); }}>${icon("trash")}</button>
    </span>
    ${problem.value ? html`<p class="lightbox-problem" role="alert">${problem.value.text}
      ${problem.value.again ? html`<button type="button" class="plain" @click=${problem.value.again}>${shared.again}</button>` : null}
      <button type="button" class="plain" aria-label=${shared.dismiss} @click=${() => { problem.value = null; }}>${icon("close")}</button></p>` : null}
  </header>`;
}

const canMove = (item) => item.kind === "IMAGE" && Boolean(state.catalogue.engines.find(({ id }) => id === item.engine)?.clips);
const nameOf = ({ mediaType }) => CALLED[mediaType] ?? mediaType;

function download(file) {
  return html`<a class="plain button" href=${`${file.url}&download`} download="" aria-label=${words.download(nameOf(file))}
    title=${words.download(nameOf(file))}>${icon("download")}</a>`;
}

function downloads(files) {
  return html`<details class="menu"><summary class="plain button" aria-label=${words.downloadKey} title=${words.downloadKey}>${icon("download")}</summary>
    <ul>${files.map((file) => html`<li><a href=${`${file.url}&download`} download="">${words.download(nameOf(file))}</a></li>`)}</ul></details>`;
}

/** The file that a person most likely means. */
export function downloadFirst(item) {
  const [first] = filesOf(item);
  if (first) Object.assign(document.createElement("a"), { href: `${first.url}&download`, download: "" }).click();
}

/** To the trash, and on to the next; from there, once it is meant, for ever. */
export async function away(item, does) {
  if (item.hidden || item.purgeAt) {
    if (await meant(1)) await moved(item, does, "purge");
  } else await moved(item, does, "trash");
}

async function moved(item, does, what) {
  does.leave();
  await does.acts[what]([item.id]);
}

async function collect(item, { acts }) {
  const chosen = await whichLabel(said.collection.into, acts.collections(), said.collection.make, () => nameCollection());
  if (!chosen) return;
  const made = await acts.change("LABEL", [item.id], { collection: chosen.id });
  if (made) toast(said.did.labelled(1, chosen.name), { text: said.undo, action: () => acts.undo(made, () => {}) });
}
