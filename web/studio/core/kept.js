// What this browser remembers for a person: appearance, drafts. Without storage, for as long as the page is open.

import { signal } from "./signal.js";

const PLACE = "suite.";
const known = new Map();

/** The signal of this name, with what was kept of it; whatever it becomes is kept. Values are JSON. */
export function kept(name, otherwise) {
  if (known.has(name)) return known.get(name);
  const held = signal(recalled(name, otherwise));
  const one = {
    get value() { return held.value; },
    set value(next) {
      held.value = next;
      keep(name, next);
    },
  };
  known.set(name, one);
  // Another tab has changed it.
  addEventListener("storage", (event) => {
    if (event.key === PLACE + name) held.value = recalled(name, otherwise);
  });
  return one;
}

/** Of a person, and of nobody who comes after them. */
const PERSONAL = /^(draft|seen)\./;

/** Forgets what a person left here, but for how the page looks. */
export function forgetPerson() {
  for (const [name, one] of known) if (PERSONAL.test(name)) one.value = null;
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PLACE) && PERSONAL.test(key.slice(PLACE.length))) localStorage.removeItem(key);
  } catch { /* There is no storage, so nothing was kept. */ }
}

function recalled(name, otherwise) {
  try {
    const text = localStorage.getItem(PLACE + name);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(PLACE + name);
    else localStorage.setItem(PLACE + name, JSON.stringify(value));
  } catch { /* Full, or forbidden: it is remembered until the page is closed. */ }
}
