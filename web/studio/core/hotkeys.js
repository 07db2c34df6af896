// Keys that do something, wherever the page has them, and the list of them that `?` shows.

import { kept } from "./kept.js";
import { signal } from "./signal.js";

const SEQUENCE_MS = 1_500;
const MOVES = /^(Arrow|Page|[jk]$)/;

/** Single letters can be switched off: who speaks to a browser sends letters by accident. */
export const lettersOn = kept("letters", true);

/** @type {{ value: { keys: string, called: string, action: (event: KeyboardEvent) => void, when: () => boolean }[] }} */
export const hotkeys = signal([]);

let begun = null;

/**
 * `keys` as "g c" (one after the other), "x", "Ctrl+Enter", "Delete". `called` says what it does, `when`
 * whether it does it just now. Returns what takes it back.
 */
export function hotkey(keys, called, action, when = () => true) {
  const own = { keys, called, action, when };
  hotkeys.value = [...hotkeys.value, own];
  return () => { hotkeys.value = hotkeys.value.filter((one) => one !== own); };
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const said = saidBy(event);
  // A key that is held moves on, and does nothing else again and again.
  if (event.repeat && !MOVES.test(said)) return;
  const isLetter = !/^(Ctrl\+|Alt\+)/.test(said) && said.length === 1;
  if (isLetter && (!lettersOn.value || isTyping(event.target))) return;
  if (!isLetter && !said.includes("+") && isTyping(event.target)) return;
  const sequence = begun && performance.now() - begun.at < SEQUENCE_MS ? `${begun.key} ${said}` : null;
  // The latest knows best: what lies on top took its keys last.
  const found = last(({ keys }) => keys === sequence) ?? last(({ keys }) => keys === said);
  begun = null;
  if (found) {
    event.preventDefault();
    found.action(event);
  } else if (hotkeys.value.some(({ keys }) => keys.startsWith(`${said} `))) {
    begun = { key: said, at: performance.now() };
  }
});

const last = (is) => hotkeys.value.findLast((one) => is(one) && one.when());

function saidBy({ key, ctrlKey, metaKey, altKey }) {
  const name = key.length === 1 ? key.toLowerCase() : key;
  return `${ctrlKey || metaKey ? "Ctrl+" : ""}${altKey ? "Alt+" : ""}${name}`;
}

function isTyping(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range], [type=button])"));
}
