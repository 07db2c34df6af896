// What the page knows: one object, told in parts, and drawn anew by whatever has read of it.

import { batch, signal } from "./core/signal.js";

const EMPTY = {
  viewer: null,
  wallet: null,
  purchases: new Map(),
  jobs: new Map(),
  assets: new Map(),
  sourcePhotos: new Map(),
  packs: new Map(),
};

const parts = Object.fromEntries(Object.entries({
  ...EMPTY,
  catalogue: null,
  /** Whether the session of who was signed in has ended elsewhere. */
  sessionEnded: false,
  /** Since when the line is lost, as a Date; null while it is there. */
  lostAt: null,
}).map(([name, value]) => [name, signal(value)]));

/**
 * What is drawn from a part of it is drawn again when that part is told anew. Ids name what the maps hold.
 * @type {{
 *   viewer: any, wallet: any, catalogue: any, purchases: Map<string, any>, jobs: Map<string, any>, assets: Map<string, any>,
 *   sourcePhotos: Map<string, any>, packs: Map<string, any>, sessionEnded: boolean, lostAt: Date | null,
 * }}
 */
export const state = Object.defineProperties(/** @type {any} */ ({}), Object.fromEntries(
  Object.entries(parts).map(([name, held]) => [name, {
    enumerable: true,
    get: () => held.value,
    set: (value) => { held.value = value; },
  }]),
));

/** Takes over the given parts; what is drawn from them is drawn once. */
export function tell(told) {
  batch(() => Object.assign(state, told));
}

/** Forgets whoever was signed in. */
export function forgetViewer() {
  tell({ ...EMPTY, sessionEnded: false });
}
