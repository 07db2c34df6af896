// A training as it goes: how far it is, what it has learnt so far, and what came of it.

import { run } from "../../core/client.js";
import { href, route } from "../../core/router.js";
import { computed, effect, untracked } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { emptyState } from "../../parts/empty_state.js";
import { jobActs, retryButton } from "../../parts/job_acts.js";
import { hasEnded, outcome, standing } from "../../parts/job_words.js";
import { notifyMe } from "../../parts/notify_me.js";
import { state, tell } from "../../store.js";
import { words as twins } from "../../words/en/twins.js";

const words = twins.training;

/** Answers `draw(twin)` of the twin of this id. */
export function training(id, { onLeave }) {
  const acts = jobActs();
  const telling = notifyMe();
  const newest = computed(() => [...state.jobs.values()].filter((one) => one.kind === "TRAINING" && one.twin === id)
    .sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1))[0]);
  const seen = computed(() => (route.value.path[1] === "training" ? newest.value?.id ?? null : null));
  // What was told before this page was there: each checkpoint is told only once.
  onLeave(effect(() => {
    const job = seen.value;
    if (job) untracked(() => recall(job).catch(() => { /* What comes from now on is seen all the same. */ }));
  }));

  return (twin) => {
    const job = newest.value;
    if (!job) return emptyState("twins", words.none, "", html`<a class="button quiet" href=${href("twins", [id])}>${words.back}</a>`);
    const isOver = hasEnded(job);
    return html`<section class="training"><h2>${title(job, twin)}</h2>
      ${portrait(job, twin)}
      ${isOver ? null : progress(job)}
      ${strip(job)}
      ${job.state === "FAILED" ? html`<p class="danger">${outcome(job)}</p><div>${retryButton(job, acts, "twins")}</div>` : null}
      ${job.state === "COMPLETED" ? html`<p><a class="button" href=${href("create", [], { twin: id })}>${twins.list.create(twin.name)}</a></p>` : null}
      ${isOver ? null : html`<p class="faint">${words.close}</p>${telling()}<div><button type="button" class="danger" @click=${() => acts.ask([job])}>${words.cancel}</button></div>`}
      <p class="danger" role="alert">${acts.problem(job.id)}</p></section>`;
  };
}

async function recall(id) {
  const { job } = await run("Training", { job: id });
  if (!job) return;
  const known = state.jobs.get(id) ?? job;
  const samples = new Map([...(job.progress?.checkpoints ?? []), ...(known.samples ?? [])].map((one) => [one.step, one]));
  tell({ jobs: new Map(state.jobs).set(id, { ...known, assets: job.assets, samples: [...samples.values()].sort((a, b) => a.step - b.step) }) });
}

function title({ state: now }, { name }) {
  if (now === "COMPLETED") return words.done(name);
  return now === "FAILED" || now === "CANCELLED" ? words.notDone(name) : words.title(name);
}

function portrait(job, twin) {
  const shown = job.assets?.[0]?.large?.url ?? job.samples?.at(-1)?.samplesPng ?? job.progress?.previewPng;
  return html`<div class="portrait">${shown ? html`<img src=${shown} alt=${twin.name} decoding="async">` : html`<span class="skeleton"></span>`}</div>`;
}

function progress(job) {
  const { step, stepsTotal } = job.progress ?? {};
  return html`<div>${job.progress ? html`<progress aria-label=${words.progress} .max=${stepsTotal} .value=${step}></progress>` : null}
    <p role=${job.progress ? null : "status"}>${standing(job)}${stepsTotal ? ` · ${words.steps(step, stepsTotal)}` : ""}</p></div>`;
}

function strip({ samples = [] }) {
  if (!samples.length) return null;
  return html`<ol class="filmstrip" tabindex="0">${samples.map((one) => keyed(one.step, html`<li>
    ${one.samplesPng ? html`<img src=${one.samplesPng} alt="">` : null}<small>${words.checkpoint(one.step, one.similarity)}</small></li>`))}</ol>`;
}
