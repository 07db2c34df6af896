// A tile for everything that a job is to bring: what is being drawn, what was released, what was not.

import { html } from "../core/template.js";
import { words } from "../words/en/queue.js";
import { hasEnded } from "./job_words.js";
import { livePreview } from "./live_preview.js";

/** `kind` is "asset", "refused", "preview" or "waiting". @typedef {{ key: string, kind: string, asset?: object, inside?: unknown, said?: string }} Tile */

/**
 * The tiles of a job in the order of its items. Keys stay from the first preview to the picture.
 * @returns {Tile[]}
 */
export function tilesOf(job) {
  const refused = new Map((job.refused ?? []).map((one) => [one.item, one]));
  const known = job.assets.length + job.refusedCount;
  const expected = hasEnded(job) ? known : Math.max(known, job.settings?.count ?? job.progress?.previewItems?.length ?? 1);
  const assets = [...job.assets];
  // Without their numbers those that were refused come last.
  let unnamed = job.refusedCount - refused.size;
  return Array.from({ length: expected }, (_, item) => {
    const key = String(item);
    if (refused.has(item)) return { key, ...notReleased(refused.get(item).words) };
    if (assets.length) return { key, kind: "asset", asset: assets.shift() };
    if (unnamed > 0) {
      unnamed -= 1;
      return { key, ...notReleased(null) };
    }
    return { key, ...coming(job, item) };
  });
}

function coming({ progress, state }, item) {
  const { previewPng = null, previewItems = [] } = progress ?? {};
  const place = previewItems.indexOf(item);
  if (state !== "STARTED" || !previewPng) return { kind: "waiting" };
  if (place >= 0) return { kind: "preview", inside: livePreview(previewPng, place, previewItems.length, words.preview(item + 1)) };
  return previewItems.length === 0 && item === 0 ? { kind: "preview", inside: livePreview(previewPng, 0, 1, words.preview(1)) } : { kind: "waiting" };
}

function notReleased(why) {
  const cause = (why ?? words.unreleased).replace(/\.$/, "");
  const said = words.refused(cause.slice(0, 1).toLowerCase() + cause.slice(1));
  return { kind: "refused", said, inside: html`<p class="not-released">${said}</p>` };
}
