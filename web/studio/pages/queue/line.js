// Who comes first of what waits: its order, and one step up in it.

import { intention, Refused } from "../../core/client.js";
import { state, tell } from "../../store.js";
import { words } from "../../words/en/queue.js";

const GONE = new Set(["JOB_HAS_BEGUN", "JOB_ENDED", "NOT_FOUND"]);

/** Those of `jobs` that wait for a worker, whose turn comes first standing first. */
export function inLine(jobs) {
  // What was asked for this moment knows no turn yet: it is the last.
  const turn = ({ queue }) => (queue ? Number(queue.turn) : Infinity);
  return jobs.filter((job) => job.state === "REQUESTED")
    .sort((a, b) => turn(a) - turn(b) || (a.requestedAt < b.requestedAt ? -1 : 1));
}

/** `up(job)` lets one go before the one above it, `first()` is the id of who has nobody above; `acts` is what `jobActs` answered. */
export function line(acts) {
  let before = Promise.resolve();
  const waiting = () => inLine([...state.jobs.values()]);

  const step = async ({ id }) => {
    const those = waiting();
    const at = those.findIndex((one) => one.id === id);
    const [other, job] = [those[at - 1], those[at]];
    if (!other) return;
    try {
      const { turn } = await intention("MoveJobUp")({ job: id, aheadOf: other.id });
      if (turn === other.queue?.turn && job.queue) exchanged(job, other);
    } catch (error) {
      // One of the two has begun or ended: the feed tells which, and where the others stand now.
      throw error instanceof Refused && GONE.has(error.code) ? new Error(words.lineMoved) : error;
    }
  };
  // Who presses twice wants two steps: the second begins where the first has led.
  const up = (job) => { before = before.then(() => acts.during(job.id, () => step(job))); };
  return { up, first: () => waiting()[0]?.id ?? null };
}

// As the feed will tell them, each with what jobs like itself take.
function exchanged(...pair) {
  const jobs = new Map(state.jobs);
  for (const [one, other] of [pair, [...pair].reverse()]) {
    const known = jobs.get(one.id);
    if (known?.queue) jobs.set(one.id, { ...known, queue: { ...other.queue, takesS: one.queue.takesS } });
  }
  tell({ jobs });
}
