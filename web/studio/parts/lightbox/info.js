// Everything about one picture, in words: what was asked, how it was made and checked, where it comes from.

import { go } from "../../core/router.js";
import { html, keyed } from "../../core/template.js";
import { toast } from "../../core/toasts.js";
import { nameOfTwin } from "../../pages/gallery/wishes.js";
import { state } from "../../store.js";
import { plain, time } from "../../wording.js";
import { words as gallery } from "../../words/en/gallery.js";
import { words } from "../../words/en/lightbox.js";
import { icon } from "../icon.js";
import { calledOf, stillOf } from "../picture_tile.js";
import { isVeiled } from "../ratings.js";
import { publishPack } from "./publish_pack.js";

const BYTES_A_MB = 1_000_000;
const TILE_PX = 90;

/** The panel of `item`, of which the list knows less than the studio has said since. */
export function info(item, { holdings, addressOf }) {
  const isWhole = item.checks !== null;
  return html`<aside class="lightbox-info" aria-label=${words.info_.title} tabindex="0">
    <h2>${words.info_.title}</h2>
    ${item.prompt ? html`<div class="said"><p>${item.prompt}</p>${copy(item.prompt, words.info_.prompt)}</div>` : html`<p class="faint">${words.info_.noPrompt}</p>`}
    ${item.negativePrompt ? html`<p class="faint">${words.info_.negative}: ${item.negativePrompt}</p>` : null}
    ${isWhole ? html`
      <h3>${words.info_.settings}</h3>
      <dl>${facts(item).map(([name, value, isCopied]) => keyed(name, html`<dt>${name}</dt><dd>${value}${isCopied ? copy(value, name) : null}</dd>`))}</dl>
      <h3>${words.checks.title}</h3>
      <ul class="checks">${item.checks.map(({ check, passed }) => keyed(check, html`<li class=${passed ? "good" : "danger"}>
        ${icon(passed ? "check" : "warning")}<span><span class="visually-hidden">${passed ? words.checks.passed : words.checks.failed}: </span><span class="why">${words.checks.names[check.toLowerCase()] ?? plain(check)}</span></span></li>`))}</ul>
      ${credentials(item)}
      ${lineage(item, holdings, addressOf)}
      ${item.hidden || item.purgeAt ? null : publishPack(item.id)}` : html`<p aria-busy="true"><span class="skeleton line"></span></p>`}
  </aside>`;
}

function facts(item) {
  const of = words.info_;
  const engine = state.catalogue.engines.find(({ id }) => id === item.engine);
  const [master] = item.renditions;
  return [
    [of.twin, item.twin && nameOfTwin(item.twin)],
    [of.style, item.style && plain(item.style)],
    [of.motion, item.motion && plain(item.motion)],
    [of.length, item.durationMs && gallery.seconds(item.durationMs)],
    [of.size, `${item.width} × ${item.height}${item.aspectRatio ? ` (${item.aspectRatio})` : ""}`],
    [of.seed, String(item.seed), true],
    [of.steps, item.numInferenceSteps],
    [of.guidance, item.guidanceScale],
    [of.strength, item.twin && item.twinStrength],
    [of.likeness, item.likeness?.map((value) => value.toFixed(2)).join(" ")],
    [of.engine, engine?.title ?? item.engine],
    [of.rating, plain(item.rating)],
    [of.made, time(item.releasedAt)],
    [of.file, master && `${(master.sizeBytes / BYTES_A_MB).toLocaleString(undefined, { maximumFractionDigits: 1 })} MB`],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
}

function credentials(item) {
  const { title, text, source, sourceText, own } = words.credentials;
  return html`<details class="credentials"><summary>${icon("create")}<strong>${words.generated}</strong><span>${title}</span></summary>
    <p>${text}</p>
    <dl><dt>${source}</dt><dd>${sourceText}</dd>
      <dt>${words.info_.fingerprint}</dt><dd class="hash">${item.sha256}${copy(item.sha256, words.info_.fingerprint)}</dd></dl>
    ${item.ownPhoto ? html`<p>${own}</p>` : null}</details>`;
}

function lineage(item, holdings, addressOf) {
  if (!item.source && !item.derived.length) return null;
  const { title, source, derived, open } = words.lineage;
  const link = (id, called) => {
    const known = holdings.get(id);
    const still = known && !known.hidden && !isVeiled(known) && stillOf(known, TILE_PX);
    return keyed(id, html`<li><a href=${addressOf(id)} aria-label=${known ? `${called}: ${calledOf(known)}` : called}
      @click=${(event) => { event.preventDefault(); go(addressOf(id), { replace: true }); }}>
      ${still ? html`<img src=${still} alt="" width="64" height="64">` : icon("gallery")}</a></li>`);
  };
  return html`<h3>${title}</h3>
    ${item.source ? html`<p class="faint">${source}</p><ul class="lineage">${[link(item.source.asset, source)]}</ul>` : null}
    ${item.derived.length ? html`<p class="faint">${derived}</p><ul class="lineage">${item.derived.map(({ asset }, index) => link(asset, open(index + 1)))}</ul>` : null}`;
}

function copy(text, what) {
  return html`<button type="button" class="plain copy" aria-label=${words.copy(what.toLowerCase())} title=${words.copy(what.toLowerCase())}
    @click=${async () => {
      // A plain address has no clipboard.
      const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
      toast(isCopied ? words.copied : words.notCopied);
    }}>${icon("copy")}</button>`;
}
