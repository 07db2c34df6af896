// Cancelling, which asks first, and trying again, which costs what stands on the button.

import { command, intention } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { toast } from "../../core/toasts.js";
import { ask as asked } from "../../parts/dialog.js";
import { hasEnded, titleOf } from "../../parts/job_words.js";
import { state } from "../../store.js";
import { words } from "../../words/en/queue.js";

const retries = new Map();

/** `{ ask(jobs), retry(job), problem(id), isAsking(id) }`: what went wrong stands at the job. */
export function cancelling() {
  const problems = signal(new Map());
  const busy = signal(new Set());
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

  const retry = (job) => during(job.id, async () => {
    if (!retries.has(job.id)) retries.set(job.id, intention("RetryJob"));
    await retries.get(job.id)({ job: job.id, priceVersion: state.catalogue.priceVersion });
    toast(words.retried);
  });

  return { ask, retry, problem: (id) => problems.value.get(id) ?? "", isAsking: (id) => busy.value.has(id) };
}
