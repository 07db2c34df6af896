// What the page knows: one object, told in parts, heard by whoever listens.

const listeners = new Set();

export const state = {
  viewer: null,
  catalogue: null,
  wallet: null,
  jobs: new Map(),
  assets: new Map(),
  sourcePhotos: new Map(),
  packs: new Map(),
};

/** Calls `listener(changedKeys)` after every change until the returned function is called. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes over the given parts and tells every listener which they were. */
export function tell(parts) {
  Object.assign(state, parts);
  for (const listener of [...listeners]) listener(Object.keys(parts));
}
