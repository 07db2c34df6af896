// What can be done with a job: cancelling, which asks first, and trying again, which costs what stands on
// the button.

import { command, intention, run } from "../core/client.js";
import { href } from "../core/router.js";
import { computed, signal } from "../core/signal.js";
import { html } from "../core/template.js";
import { toast } from "../core/toasts.js";
import { ask as asked } from "./dialog.js";
import { hasEnded, titleOf } from "./job_words.js";
import { state } from "../store.js";
import { words } from "../words/en/queue.js";

const retries = new Map();
/** Which job does another one again, until the feed tells of it. */
const answered = signal(new Map());

/**
 * `{ ask(jobs), retry(job), retryOf(job), priceOf(job), during(id, action), problem(id), isAsking(id) }`: what
 * went wrong stands at the job. `others()` are jobs that the page shows besides those that the feed tells of.
 */
export function jobActs(others = () => []) {
  const problems = signal(new Map());
  const busy = signal(new Set());
  const prices = signal(new Map());
  const told = (id, text) => { problems.value = new Map(problems.value).set(id, text); };
  const during = async (id, action) => {
    if (busy.value.has(id)) return false;
    busy.value = new Set(busy.value).add(id);
    told(id, "");
    try {
      await action();
      return true;
    } catch (error) {
      told(id, error.message);
      return false;
    } finally {
      const next = new Set(busy.value);
      next.delete(id);
      busy.value = next;
    }
  };

  /** Cancels these if that is wanted; answers whether. */
  const ask = async (all) => {
    const jobs = all.filter((job) => !hasEnded(state.jobs.get(job.id) ?? job));
    if (!jobs.length) {
      toast(words.ended);
      return true;
    }
    const held = jobs.reduce((sum, { quoted }) => sum + quoted, 0);
    const isWanted = await asked({ title: words.cancelTitle(jobs.length), text: words.cancelText(jobs.map(titleOf), held), action: words.cancelAction(jobs.length) });
    if (!isWanted) return false;
    const done = await Promise.all(jobs.map((job) => during(job.id, async () => {
      // It may have come to its end while it was asked.
      if (!hasEnded(state.jobs.get(job.id) ?? job)) await command("CancelJob", { job: job.id });
    })));
    const cancelled = done.filter(Boolean).length;
    if (cancelled) toast(words.cancelled(cancelled));
    return true;
  };

  const priceOf = (job) => prices.value.get(job.id) ?? job.quoted;

  const retry = (job) => during(job.id, async () => {
    const { millicredits, priceVersion } = await run("Quote", question(job));
    const seen = priceOf(job);
    prices.value = new Map(prices.value).set(job.id, millicredits);
    // Nobody pays more than what stood there when they pressed.
    if (millicredits > seen) throw new Error(words.dearer(millicredits));
    if (!retries.has(job.id)) retries.set(job.id, intention("RetryJob"));
    const again = await retries.get(job.id)({ job: job.id, priceVersion });
    answered.value = new Map(answered.value).set(job.id, again.job);
    toast(words.retried);
  });

  const known = computed(() => {
    const earliestFirst = [...others(), ...state.jobs.values()].sort((a, b) => (a.requestedAt < b.requestedAt ? -1 : 1));
    return new Map(earliestFirst.filter((one) => one.retriedFrom).map((one) => [one.retriedFrom, one.id]));
  });
  /** The id of the job that does this one again, whoever asked for it and whatever came of it; null where none does. */
  const retryOf = ({ id }) => known.value.get(id) ?? answered.value.get(id) ?? null;

  return { ask, retry, retryOf, priceOf, during, problem: (id) => problems.value.get(id) ?? "", isAsking: (id) => busy.value.has(id) };
}

/**
 * The button that tries a failed job again at its price, or leads to the credits that are missing for it;
 * once that was done, the way to the job that does it again.
 */
export function retryButton(job, acts, from) {
  const again = acts.retryOf(job);
  if (again) {
    return html`<a class="button quiet is-retried" href=${href("queue", [], { job: again })} aria-label=${words.retriedAs(titleOf(job))}
      @click=${(event) => { if (showRow(event.currentTarget, again)) event.preventDefault(); }}>${words.wasRetried}</a>`;
  }
  const price = acts.priceOf(job);
  const missing = price - (state.wallet?.available ?? price);
  return missing > 0
    ? html`<a class="button quiet" href=${href("credits", [], { need: price, from })}>${words.buy(missing)}</a>`
    : html`<button type="button" class="quiet" aria-busy=${acts.isAsking(job.id) ? "true" : null} @click=${(event) => retried(event, job, acts)}>${words.retry(price)}</button>`;
}

// The button is gone then: who pressed it by a key goes on from the link in its place.
async function retried({ currentTarget: button }, job, acts) {
  const place = button.parentElement;
  await acts.retry(job);
  if (document.activeElement === document.body) place.querySelector(".is-retried")?.focus();
}

// Where its row stands beside this one, one stays where one is.
function showRow(link, id) {
  const row = [...link.closest(".queue")?.querySelectorAll(".job") ?? []].find((one) => one.dataset.job === id);
  row?.scrollIntoView({ block: "center" });
  row?.focus({ preventScroll: true });
  return Boolean(row);
}

// What the job would cost now.
function question({ kind, engine, twin, source, settings }) {
  if (kind === "TRAINING") return { training: { twin, engine } };
  const { count, aspectRatio, style, numInferenceSteps, guidanceScale, twinStrength, sourceStrength, motion, durationMs } = settings;
  const drawn = { engine, twin, count, style, numInferenceSteps, guidanceScale, twinStrength, source, sourceStrength, aspectRatio: source ? null : aspectRatio };
  return kind === "VIDEO" ? { video: { ...drawn, motion, durationS: durationMs / 1000 } } : { images: drawn };
}
