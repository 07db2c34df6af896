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
const PERSONAL = /^(draft|seen|photos)\./;

/** Before the names of what shows faces: it is here no longer than whoever it shows is signed in. */
export const PHOTOS = "photos.";

/** Forgets what a person left here, but for how the page looks. */
export function forgetPerson() {
  forgetKept((name) => PERSONAL.test(name));
}

/** Forgets all whose name `isGone` says so of. */
export function forgetKept(isGone) {
  for (const name of names()) if (isGone(name)) kept(name, null).value = null;
}

/** Whether something is kept under a name that begins so. */
export const isKept = (start) => names().some((name) => name.startsWith(start) && kept(name, null).value !== null);

function names() {
  try {
    return [...known.keys(), ...Object.keys(localStorage).filter((key) => key.startsWith(PLACE)).map((key) => key.slice(PLACE.length))];
  } catch {
    // There is no storage.
    return [...known.keys()];
  }
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
