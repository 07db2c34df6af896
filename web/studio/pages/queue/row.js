// One job: what it shows, how far it is or what came of it, and what can be done about it.

import { go, href } from "../../core/router.js";
import { html, keyed } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { retryButton } from "../../parts/job_acts.js";
import { hasEnded, outcome, percentOf, standing, titleOf, tookOf, twinNameOf } from "../../parts/job_words.js";
import { tilesOf } from "../../parts/job_tiles.js";
import { stillPicture } from "../../parts/still_picture.js";
import { state } from "../../store.js";
import { ago, time } from "../../wording.js";
import { words } from "../../words/en/queue.js";

/**
 * As a card; `cancel` is what `jobActs` answered, `aim` what `arrangement` did, `isOver` as it was arranged; `up`
 * moves it up in line unless it `isFirst` there.
 */
export function row(job, { cancel, isOver, isSelected, select, aim, isFirst, up }) {
  const title = titleOf(job);
  const tiles = tilesOf(job);
  const ended = hasEnded(job);
  return html`<article class=${`job is-${job.state.toLowerCase()}${isSelected ? " is-selected" : ""}`} data-job=${job.id} tabindex="-1"
      aria-label=${title} aria-busy=${job.state === "STARTED" ? "true" : null} @keydown=${(event) => enter(event, job)}>
    ${shown(tiles, title, job)}
    <div class="job-said">
      <p class="job-title" title=${title}>${title}</p>
      <p class="job-chips">${chips(job).map((chip) => html`<span>${chip}</span>`)}<time datetime=${job.requestedAt} title=${time(job.requestedAt)}>${ago(job.requestedAt)}</time></p>
      <p class="job-standing">${ended ? outcome(job) : standing(job)}</p>
      ${[...new Set(tiles.map(({ said }) => said).filter(Boolean))].map((said) => html`<p class="faint">${said}</p>`)}
      ${ended ? null : html`<progress aria-label=${words.progress} hidden=${job.state !== "STARTED"} .max=${100} .value=${percentOf(job) ?? 0}></progress>
        <p class="faint">${words.held(job.quoted)}</p>`}
      <p class="danger" role="alert">${cancel.problem(job.id)}</p></div>
    <div class="job-actions" @pointerenter=${aim.hold} @pointerleave=${aim.release}>${isOver ? afterwards(job, cancel) : html`
      <label class="check" title=${words.select(title)}><input type="checkbox" aria-label=${words.select(title)} .checked=${isSelected} @change=${() => select(job.id)}></label>
      ${job.state === "REQUESTED" ? html`<button type="button" class="quiet" aria-label=${words.moveUp(title)} aria-disabled=${isFirst ? "true" : null} @click=${() => up(job)}>${words.up}</button>` : null}
      <button type="button" class="danger" aria-busy=${cancel.isAsking(job.id) ? "true" : null} @click=${() => cancel.ask([job])}>${words.cancel}</button>`}</div>
  </article>`;
}

function shown(tiles, title, job) {
  return html`<ul class="job-tiles">${tiles.map((tile, index) => keyed(tile.key, html`<li class=${`job-tile is-${tile.kind}`}>
    ${tile.kind === "asset" ? html`<a href=${href("gallery", [tile.asset.id])} aria-label=${`${title}, ${index + 1}`}>${stillPicture(tile.asset, "")}
      ${tile.asset.mediaType?.startsWith("video/") ? icon("play") : null}</a>` : tile.said ? html`<span class="not-released" title=${tile.said}>${icon("close")}</span>` : tile.inside ?? html`<span class=${job.state === "STARTED" ? "skeleton" : "waits"}></span>`}</li>`))}</ul>`;
}

function chips(job) {
  const { count, aspectRatio, style, motion, durationMs } = job.settings ?? {};
  return [
    job.prompt ? words.called[job.kind] : null,
    twinNameOf(job) ?? (job.kind === "TRAINING" ? null : words.noTwin),
    style, aspectRatio, motion,
    durationMs ? words.seconds(durationMs / 1000) : null,
    count ? `× ${count}` : null,
    tookOf(job) ? words.took(tookOf(job)) : null,
  ].filter(Boolean);
}

function afterwards(job, cancel) {
  const [first] = job.assets;
  if (job.state === "FAILED") {
    return retryButton(job, cancel, "queue");
  }
  if (!first || job.kind === "TRAINING") return null;
  return html`<a class="button quiet" href=${href("create", [], { draft: first.id })}>${words.reuse}</a>`;
}

// Enter on the row itself: what lies in it has its own.
function enter(event, job) {
  if (event.key !== "Enter" || event.target !== event.currentTarget) return;
  const [first] = job.assets;
  event.preventDefault();
  if (first) go(href("gallery", [first.id]));
  else if (job.kind === "TRAINING" && job.twin) go(href("twins", [job.twin, "training"]));
}
