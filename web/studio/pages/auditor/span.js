// The two positions that are compared: the one that is looked at, and another that stands in the address.

import { route } from "../../core/router.js";

/** Both as one text, the earlier first: "12 40"; "" where none is compared, or nothing is shown yet. */
export function between(asOf) {
  const { from } = route.value.query;
  // An address that somebody cut compares nothing.
  if (asOf === undefined || asOf === null || !/^\d{1,15}$/.test(from ?? "")) return "";
  return [Number(from), Number(asOf)].sort((a, b) => a - b).join(" ");
}

/** Where such a text begins and ends. */
export function ends(span) {
  const [since, until] = span.split(" ");
  return { since, until };
}
