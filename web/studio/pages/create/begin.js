// What it begins with: words alone, a picture of the gallery, or a photo of one's own.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { open } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { stillPicture } from "../../parts/still_picture.js";
import { words } from "../../words/en/create.js";
import { redrawn } from "./advanced.js";
import { choosePhoto } from "./own_photo.js";

const own = words.begin;
/** As many of the newest are looked through; older ones are found in the gallery. */
const NEWEST_MAX = 48;

/** What was chosen, with the way back to words; or the ways to choose. */
export function begin(form) {
  const source = form.source.value;
  const choose = (id) => form.change({ source: id, variationOf: null });
  if (!source) {
    return html`<div class="begin"><span class="begin-called">${own.called}</span>
      <button type="button" class="quiet" @click=${async () => { const id = await choosePicture(form.engine.value); if (id) choose(id); }}>${icon("gallery")}${own.short.gallery}</button>
      ${form.engine.value.makes.includes("TRAINING") ? html`<button type="button" class="quiet" @click=${async () => { const id = await choosePhoto(form); if (id) choose(id); }}>${icon("camera")}${own.short.own}</button>` : null}</div>`;
  }
  return html`<div class="begun">
    ${source.url ? stillPicture(source, own.alt[source.kind]) : source.isAsking ? html`<span class="skeleton begun-waits"></span>` : null}
    <div><p>${source.url || source.isAsking ? own[source.kind] : html`<span class="danger" role="alert">${source.problem ?? own.gone}</span>`}</p>
      <button type="button" class="quiet" @click=${() => choose(null)}>${own.words}</button></div>
  </div>${source.url ? redrawn(form) : null}`;
}

function choosePicture(engine) {
  // An engine without pictures of its own begins with those of others.
  const movesOthers = !engine.makes.includes("IMAGES");
  return open(own.gallery, (_, { close }) => {
    const found = signal(null);
    const problem = signal("");
    run("Gallery", { first: NEWEST_MAX, hidden: false, filter: null }).then(({ gallery }) => {
      found.value = gallery.edges.map(({ node }) => node)
        .filter((asset) => asset.kind === "IMAGE" && !asset.hidden && (movesOthers || asset.engine === engine.id));
    }).catch((error) => { problem.value = error.message; });
    return () => html`<p class="danger" role="alert">${problem.value}</p>
      ${found.value?.length === 0 ? html`<p class="faint">${own.noPicture}</p>` : null}
      <ul class="picker">${(found.value ?? []).map((asset) => keyed(asset.id, html`<li>
        <button type="button" class="plain" aria-label=${own.with(asset.prompt)} title=${asset.prompt} @click=${() => close(asset.id)}>${stillPicture(asset, "")}</button></li>`))}</ul>`;
  }, { kind: "wide" });
}
