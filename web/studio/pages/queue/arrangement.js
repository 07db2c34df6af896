// What stands where: running on top, then waiting, then finished. Nothing moves while somebody aims at a button.

import { signal } from "../../core/signal.js";
import { hasEnded, isRunning } from "../../parts/job_words.js";
import { inLine } from "./line.js";

/** A touch has left before its click comes. */
const CLICK_MS = 400;

/**
 * `of(jobs)` answers sections `{ name, rows: { id, isOver }[] }`; while held it answers what it answered
 * last: a job that ends then keeps its buttons until whoever aims at one has gone on. Read within a
 * drawing it follows `hold` and `release`.
 */
export function arrangement() {
  const isHeld = signal(false);
  let last = null;
  let leaving = 0;
  return {
    hold: () => { clearTimeout(leaving); isHeld.value = true; },
    release: () => { clearTimeout(leaving); leaving = setTimeout(() => { isHeld.value = false; }, CLICK_MS); },
    of: (jobs) => {
      if (!isHeld.value || !last) last = arranged(jobs);
      return last;
    },
  };
}

function arranged(jobs) {
  const latestFirst = [...jobs].sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1));
  const section = (name, those) => ({ name, rows: those.map((job) => ({ id: job.id, isOver: hasEnded(job) })) });
  return [
    section("running", latestFirst.filter(isRunning)),
    section("waiting", inLine(jobs)),
    section("finished", latestFirst.filter(hasEnded)),
  ].filter(({ rows }) => rows.length > 0);
}
