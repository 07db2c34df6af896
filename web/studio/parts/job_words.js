// What is said of a job: how far it is, when it will be done, what came of it and what it cost.

import { state } from "../store.js";
import { words } from "../words/en/queue.js";

const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);
const MINUTE_S = 60;

/** Whether nothing more comes of it. */
export const hasEnded = (job) => ENDED.has(job.state);

/** Whether a worker has begun. */
export const isRunning = (job) => !hasEnded(job) && job.state !== "REQUESTED";

/** What it is called: its prompt, or what kind of work it is. */
export const titleOf = (job) => job.prompt || twinNameOf(job) && `${words.called[job.kind]}: ${twinNameOf(job)}` || words.called[job.kind];

/** The name of the twin that it shows; null where it shows nobody. */
export function twinNameOf(job) {
  return state.viewer?.twins.edges.find(({ node }) => node.id === job.twin)?.node.name ?? null;
}

/** In whole percent; null where that is not known. */
export function percentOf({ progress }) {
  return progress?.stepsTotal ? Math.floor((100 * Math.min(progress.step, progress.stepsTotal)) / progress.stepsTotal) : null;
}

/** "Drawing · 44 % · about 12 s left", as far as it is known. */
export function standing(job) {
  if (job.state === "REQUESTED") return waiting(job);
  const said = [job.state === "STARTED" && job.progress ? phase(job) : words.states[job.state]];
  if (job.state === "STARTED" && job.progress) {
    said.push(words.percent(percentOf(job) ?? 0));
    const { timeLeftS } = job.progress;
    if (timeLeftS !== null && timeLeftS !== undefined) said.push(words.left(lasting(timeLeftS)));
  }
  if (job.attempt > 1) said.push(words.again(job.attempt));
  return said.join(" · ");
}

function phase({ kind, progress }) {
  return kind === "TRAINING" && progress.phase === "STEP" ? words.learning : words.phases[progress.phase];
}

function waiting({ queue }) {
  if (!queue) return words.states.REQUESTED;
  const said = [words.place(queue.place, queue.placeIsLeast)];
  if (queue.startsInS !== null) said.push(words.startsIn(lasting(queue.startsInS)));
  return said.join(" · ");
}

/** A length of time as one would say it. */
export function lasting(seconds) {
  return seconds < 2 * MINUTE_S ? words.seconds(Math.max(1, Math.round(seconds))) : words.minutes(Math.round(seconds / MINUTE_S));
}

/** How long it took from its beginning; null where it never began. */
export function tookOf({ startedAt, endedAt }) {
  return startedAt && endedAt ? lasting((Date.parse(endedAt) - Date.parse(startedAt)) / 1000) : null;
}

/** What came of it, and what that cost. */
export function outcome(job) {
  const total = job.assets.length + job.refusedCount;
  switch (job.state) {
    case "COMPLETED":
      if (job.kind === "TRAINING") return words.cost(job.captured);
      if (job.refusedCount) return words.partly(job.assets.length, total, job.captured, job.quoted);
      return `${words.items(job.kind, total)} · ${words.cost(job.captured)}`;
    case "FAILED":
      return `${words.failures[job.failure] ?? words.failed} ${words.returned(job.released)}`;
    case "CANCELLED":
      return `${words.states.CANCELLED} · ${words.returned(job.released)}`;
    default:
      return words.held(job.quoted);
  }
}
