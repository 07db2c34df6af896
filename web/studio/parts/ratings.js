// How strong what is shown may be: this browser's wish. What is above it is blurred, or left out of lists.

import { kept } from "../core/kept.js";
import { signal } from "../core/signal.js";

/** From the mildest to the strongest. */
export const RATINGS = ["GENERAL", "SUGGESTIVE", "ADULT"];

/** The strongest that is shown as it is, and what becomes of what is above: "blur" or "out". */
export const cap = kept("ratings.cap", "ADULT");
export const above = kept("ratings.above", "blur");

/** What was shown all the same, until the page is loaded anew. */
const unveiled = signal(new Set());

const strength = (rating) => RATINGS.indexOf(rating);

/** The ratings that lists are to hold; undefined where they hold all. */
export function listedRatings() {
  return above.value === "out" && cap.value !== RATINGS.at(-1) ? RATINGS.slice(0, strength(cap.value) + 1) : undefined;
}

/** Whether an item is blurred. */
export const isVeiled = (item) => strength(item.rating) > strength(cap.value) && !unveiled.value.has(item.id);

/** Shows one all the same. */
export function unveil(id) {
  unveiled.value = new Set(unveiled.value).add(id);
}
