// What was asked for in this sitting, from this tab: remembered until the tab is closed.

import { signal } from "../../core/signal.js";
import { state } from "../../store.js";

const PLACE = "suite.sitting";
const asked = signal(recalled());

/** A job was asked for: it stands here at once, before the feed tells of it. */
export function wasAskedFor(job) {
  asked.value = [{ whose: state.viewer.id, ...job }, ...asked.value.filter(({ id }) => id !== job.id)];
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(asked.value));
  } catch { /* Without storage it is remembered until the page is loaded anew. */ }
}

/**
 * Jobs that draw, the newest first: `now` are those of this sitting and whatever is still going on,
 * `earlier` the others that the studio has told of.
 */
export function sitting() {
  const own = new Map(asked.value.filter(({ whose }) => whose === state.viewer?.id).map((job) => [job.id, job]));
  const told = [...state.jobs.values()].filter(({ kind }) => kind === "IMAGES" || kind === "VIDEO");
  const known = new Set(told.map(({ id }) => id));
  const all = [...[...own.values()].filter(({ id }) => !known.has(id)), ...told].sort(latestFirst);
  const isNow = (job) => own.has(job.id) || job.endedAt === null;
  return {
    now: all.filter(isNow),
    earlier: all.filter((job) => !isNow(job) && job.assets.length > 0),
  };
}

const latestFirst = (a, b) => (a.requestedAt < b.requestedAt ? 1 : a.requestedAt > b.requestedAt ? -1 : 0);

function recalled() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE)) ?? [];
  } catch {
    return [];
  }
}
