// A training as it goes: how far it is, what it has learnt so far, and what came of it.

import { intention, run } from "../../core/client.js";
import { href } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { ask } from "../../parts/dialog.js";
import { emptyState } from "../../parts/empty_state.js";
import { outcome } from "../../parts/job_words.js";
import { state, tell } from "../../store.js";
import { words as twins } from "../../words/en/twins.js";

const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);
const words = twins.training;

/** Answers `draw(twin)`. */
export function training() {
  const problem = signal("");
  const looked = new Set();
  const cancel = intention("CancelJob");
  const retry = intention("RetryJob");
  const tried = async (action) => {
    problem.value = "";
    try {
      await action();
    } catch (error) {
      problem.value = error.message;
    }
  };
  // What was told before this page was there: each checkpoint is told only once.
  const recall = async (id) => {
    if (looked.has(id)) return;
    looked.add(id);
    const { job } = await run("Training", { job: id });
    const known = state.jobs.get(id) ?? job;
    if (!job) return;
    const samples = new Map([...(job.progress?.checkpoints ?? []), ...(known.samples ?? [])].map((one) => [one.step, one]));
    tell({ jobs: new Map(state.jobs).set(id, { ...known, assets: job.assets, samples: [...samples.values()].sort((a, b) => a.step - b.step) }) });
  };
  const stop = async (job) => {
    if (await ask({ title: words.cancel, text: words.cancelAsk(job.quoted), action: words.cancel })) tried(() => cancel({ job: job.id }));
  };

  const again = async (job) => {
    const { millicredits, priceVersion } = await run("Quote", { training: { twin: job.twin, engine: job.engine } });
    if (await ask({ title: words.again, text: words.againAsk(millicredits), action: words.again })) await retry({ job: job.id, priceVersion });
  };

  return (twin) => {
    const job = [...state.jobs.values()].filter((one) => one.kind === "TRAINING" && one.twin === twin.id)
      .sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1))[0];
    if (!job) return emptyState("twins", words.none, "", html`<a class="button quiet" href=${href("twins", [twin.id])}>${words.back}</a>`);
    recall(job.id).catch(() => { looked.delete(job.id); });
    const isOver = ENDED.has(job.state);
    return html`<section class="training"><h2>${job.state === "COMPLETED" ? words.done(twin.name) : isOver ? words.notDone(twin.name) : words.title(twin.name)}</h2>
      ${portrait(job, twin)}
      ${isOver ? null : progress(job)}
      ${strip(job)}
      ${job.state === "FAILED" ? html`<p class="danger">${outcome(job)}</p>
        <div><button type="button" @click=${() => tried(() => again(job))}>${words.again}</button></div>` : null}
      ${job.state === "COMPLETED" ? html`<p><a class="button" href=${href("create", [], { twin: twin.id })}>${twins.list.create(twin.name)}</a></p>` : null}
      ${isOver ? null : html`<p class="faint">${words.close}</p><div><button type="button" class="danger" @click=${() => stop(job)}>${words.cancel}</button></div>`}
      <p class="danger" role="alert">${problem.value}</p></section>`;
  };
}

function portrait(job, twin) {
  const shown = job.assets?.[0]?.large?.url ?? job.samples?.at(-1)?.samplesPng ?? job.progress?.previewPng;
  return html`<div class="portrait">${shown ? html`<img src=${shown} alt=${twin.name} decoding="async">` : html`<span class="skeleton"></span>`}</div>`;
}

function progress({ progress: now, queue }) {
  if (!now) return html`<p role="status">${queue ? words.queued(queue.place) : words.waiting}${queue?.startsInS ? ` · ${words.left(queue.startsInS)}` : ""}</p>`;
  const percent = now.stepsTotal ? Math.floor((100 * now.step) / now.stepsTotal) : 0;
  return html`<div><progress aria-label=${words.stage(now.phase, 0, 0)} .max=${now.stepsTotal} .value=${now.step}></progress>
    <p><strong>${percent} %</strong> · ${words.stage(now.phase, now.step, now.stepsTotal)}${now.timeLeftS === null || now.timeLeftS === undefined ? "" : ` · ${words.left(now.timeLeftS)}`}</p></div>`;
}

function strip({ samples = [] }) {
  if (!samples.length) return null;
  return html`<ol class="filmstrip" tabindex="0">${samples.map((one) => keyed(one.step, html`<li>
    ${one.samplesPng ? html`<img src=${one.samplesPng} alt="">` : null}<small>${words.checkpoint(one.step, one.similarity)}</small></li>`))}</ol>`;
}
