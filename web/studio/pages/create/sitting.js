// What was asked for in this sitting, from this tab: remembered by its id until the tab is closed.

import { signal } from "../../core/signal.js";
import { state } from "../../store.js";

const PLACE = "suite.sitting";
const ids = signal(new Set(recalled()));
/** As they were asked for, until the feed tells of them. */
const asked = signal([]);

/** A job was asked for: it stands here at once. */
export function wasAskedFor(job) {
  asked.value = [...asked.value.filter(({ id }) => id !== job.id), { ...job, whose: state.viewer.id }];
  ids.value = new Set(ids.value).add(job.id);
  try {
    sessionStorage.setItem(PLACE, JSON.stringify([...ids.value]));
  } catch { /* Without storage it is remembered until the page is loaded anew. */ }
}

/**
 * Jobs that draw, the newest first: `now` are those of this sitting and whatever is still going on,
 * `earlier` the others that the studio has told of.
 */
export function sitting() {
  const told = [...state.jobs.values()].filter(({ kind }) => kind === "IMAGES" || kind === "VIDEO");
  const untold = asked.value.filter(({ id, whose }) => whose === state.viewer?.id && !state.jobs.has(id));
  const all = [...untold, ...told].sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1));
  const isNow = (job) => ids.value.has(job.id) || job.endedAt === null;
  return { now: all.filter(isNow), earlier: all.filter((job) => !isNow(job) && job.assets.length > 0) };
}

function recalled() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE)) ?? [];
  } catch {
    return [];
  }
}
