// Jobs as they go: step, preview, pictures and clips, and what they cost in the end.

import { html, keyed } from "../core/template.js";
import { command } from "../core/client.js";
import { tiled } from "../media.js";
import { attempt, notice } from "../notice.js";
import { state } from "../store.js";
import { credits, plain, time } from "../wording.js";

const CALLED = { TRAINING: "Twin training", IMAGES: "Pictures", VIDEO: "Clips" };
const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

export default function queue() {
  const tiles = new Map();
  return () => {
    const latestFirst = [...state.jobs.values()].sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1));
    return html`
      ${latestFirst.length ? null : html`<p class="faint">No jobs yet.</p>`}
      <div>${latestFirst.map((job) => keyed(job.id, jobCard(job, tiles)))}</div>`;
  };
}

function jobCard(job, tiles) {
  const title = job.prompt || (CALLED[job.kind] ?? plain(job.kind));
  return html`<section aria-label=${title}>
    <h3>${title}</h3>
    <p class="faint">${plain(job.state)} · ${time(job.requestedAt)}</p>
    ${ENDED.has(job.state) || !job.progress ? null : progress(job.progress)}
    ${job.assets.length ? html`<ul class="grid">${job.assets.map((asset) =>
      keyed(asset.id, html`<li class="tile">${tile(tiles, asset, title)}</li>`))}</ul>` : null}
    ${job.refusedCount ? html`<p class="danger">
      ${job.refusedCount} did not pass screening; they cost nothing.</p>` : null}
    ${money(job)}
    ${ENDED.has(job.state) ? again(job) : html`<div><button type="button" class="danger"
      @click=${() => attempt(() => command("CancelJob", { job: job.id }))}>Cancel</button></div>`}
  </section>`;
}

// The same element for as long as the item says the same: a clip goes on playing.
function tile(tiles, asset, title) {
  const says = JSON.stringify(asset);
  if (tiles.get(asset.id)?.says !== says) tiles.set(asset.id, { says, shown: tiled(asset, title) });
  return tiles.get(asset.id).shown;
}

function progress({ phase, step, stepsTotal, previewPng, previewItems }) {
  return html`<div>
    <progress aria-label="Progress" .max=${stepsTotal} .value=${step}></progress>
    <p class="faint">${plain(phase)}: step ${step} of ${stepsTotal}</p>
    ${previewPng ? preview(previewPng, previewItems) : null}
  </div>`;
}

// All that is being drawn side by side, left to right; of a clip its middle frame.
function preview(png, items) {
  const numbers = items.map((item) => item + 1).join(", ");
  const called = items.length > 1 ? `Preview of ${numbers}, left to right` : "Preview";
  return html`<img class="preview" src=${png} alt=${called} title=${called}>`;
}

function money(job) {
  if (!ENDED.has(job.state)) return html`<p class="faint">${credits(job.quoted)} credits reserved</p>`;
  const failure = job.failure ? `${plain(job.failure)} · ` : "";
  return html`<p class="faint">${failure}charged ${credits(job.captured)}, returned ${credits(job.released)}</p>`;
}

function again(job) {
  if (job.state !== "FAILED") return null;
  return html`<div><button type="button" class="quiet" @click=${() => attempt(async () => {
    await command("RetryJob", { job: job.id, priceVersion: state.catalogue.priceVersion });
    notice("Trying again.");
  })}>Try again</button></div>`;
}
