// Short confirmations at the bottom. What went wrong stands at its cause; here only what has no other place.

import { signal } from "./signal.js";

const SEEN_MS = 6_000;
const AT_ONCE_MAX = 3;
let last = 0;

/** @type {{ value: { key: number, text: string, isBad: boolean, link: { text: string, href?: string, action?: () => void } | null, picture: unknown }[] }} */
export const toasts = signal([]);

/**
 * Says that something was done, for six seconds; with a `link` to what it was, or an action that takes it
 * back, and a small `picture` of it, as a template.
 */
export function toast(text, link = null, picture = null) {
  const key = add(text, false, link, picture);
  setTimeout(() => dismiss(key), SEEN_MS);
}

/** Says what went wrong until it is dismissed, or its page is left. */
export function complain(text) {
  for (const { key } of toasts.value.filter((one) => one.text === text)) dismiss(key);
  return add(text, true, null, null);
}

/** Takes one away. */
export function dismiss(key) {
  toasts.value = toasts.value.filter((one) => one.key !== key);
}

/** Nothing that was said of a page outlives it. */
export function forgetComplaints() {
  toasts.value = toasts.value.filter((one) => !one.isBad);
}

function add(text, isBad, link, picture) {
  last += 1;
  toasts.value = [...toasts.value.slice(1 - AT_ONCE_MAX), { key: last, text, isBad, link, picture }];
  return last;
}
