// What the page knows: one object, told in parts, heard by whoever listens.

import { batch, signal } from "./core/signal.js";

const listeners = new Set();

const parts = {
  viewer: signal(null),
  catalogue: signal(null),
  wallet: signal(null),
  jobs: signal(new Map()),
  assets: signal(new Map()),
  sourcePhotos: signal(new Map()),
  packs: signal(new Map()),
};

/** What is drawn from a part of it is drawn again when that part is told anew. */
export const state = Object.defineProperties({}, Object.fromEntries(
  Object.entries(parts).map(([name, held]) => [name, {
    enumerable: true,
    get: () => held.value,
    set: (value) => { held.value = value; },
  }]),
));

/** Calls `listener(changedKeys)` after every change until the returned function is called. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes over the given parts and tells every listener which they were. */
export function tell(told) {
  batch(() => Object.assign(state, told));
  for (const listener of [...listeners]) listener(Object.keys(told));
}
