// What came of what was asked for: a row for each job of this sitting, the newest first, and earlier ones below.

import { href } from "../../core/router.js";
import { html, keyed } from "../../core/template.js";
import { emptyState } from "../../parts/empty_state.js";
import { hasEnded, outcome, percentOf, standing, titleOf } from "../../parts/job_words.js";
import { tilesOf } from "../../parts/job_tiles.js";
import { words } from "../../words/en/create.js";
import { words as jobs } from "../../words/en/queue.js";
import { madeTile, moreOf } from "./made.js";
import { sitting } from "./sitting.js";

const own = words.results;
/** As many rows of before are shown; the gallery has all. */
const EARLIER_MAX = 8;

/** Draws the column; its actions fill the form. */
export function results(form) {
  return () => {
    const { now, earlier } = sitting();
    return html`<div class="results" role="region" aria-label=${own.called}>
      ${now.length ? null : emptyState("create", own.empty[form.kind.value.name], own.emptyText)}
      ${now.map((job) => keyed(job.id, row(form, job)))}
      ${earlier.length ? html`<div class="results is-earlier"><div class="earlier-head"><h2>${own.earlier}</h2><a href=${href("gallery")}>${own.all}</a></div>
        ${earlier.slice(0, EARLIER_MAX).map((job) => keyed(job.id, row(form, job)))}</div>` : null}</div>`;
  };
}

function row(form, job) {
  const title = titleOf(job);
  const percent = percentOf(job);
  const tiles = tilesOf(job);
  const { width = 1, height = 1 } = job.settings ?? {};
  return html`<article class=${`made-of ${hasEnded(job) ? "is-ended" : "is-open"}`} aria-label=${title}>
    <ul class=${`made of-${tiles.length}`}>${tiles.map((tile, index) => keyed(tile.key, html`<li class=${`made-tile is-${tile.kind}`}>
      ${tile.kind === "asset" ? madeTile(form, tile.asset, title, index + 1)
    : html`${tile.inside ?? box(width, height, job.state === "STARTED")}${tile.kind === "refused" ? null : html`<div class="made-actions"></div>`}`}</li>`))}</ul>
    <div class="made-foot"><div><p class="made-prompt" title=${title}>${title}</p>
      <p class="faint">${hasEnded(job) ? outcome(job) : `${standing(job)} · ${outcome(job)}`}</p></div>
      ${moreOf(form, job)}
      ${hasEnded(job) || percent === null || job.state !== "STARTED" ? null
    : html`<progress aria-label=${jobs.progress} .max=${100} .value=${percent}></progress>`}</div>
  </article>`;
}

// A place of the shape that the picture will have.
function box(width, height, isDrawn) {
  return html`<svg class=${isDrawn ? "skeleton" : "waits"} viewBox=${`0 0 ${width} ${height}`} aria-hidden="true"></svg>`;
}
