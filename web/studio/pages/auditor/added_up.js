// All entries up to a position, added up slice by slice: what they come to, and what must be equal of them.

import { run } from "../../core/client.js";

const PARTS = ["entries", "owners", "available", "reserved", "spent"];

/**
 * Adds up the ledger until a position. `told(sums)` hears how far it is after every slice, and answers whether
 * to go on. The sums are those of `entries`, `owners`, `available`, `reserved` and `spent`; `upTo` is how far they
 * reach, `equations` are there once `isDone`. Answers the last of them, null where it was not to go on.
 */
export async function addedUp(until, told = (_) => true) {
  const sums = Object.fromEntries(PARTS.map((part) => [part, 0]));
  const sides = new Map();
  for (let after = null; ;) {
    const slice = await run("LedgerSlice", { until, after });
    for (const part of PARTS) sums[part] += slice[part];
    for (const { rule, left, right } of slice.sides) {
      const before = sides.get(rule) ?? { left: 0, right: 0 };
      sides.set(rule, { left: before.left + left, right: before.right + right });
    }
    const equations = slice.isLast ? slice.sides.map(({ rule }) => equation(rule, sides.get(rule))) : null;
    const found = { ...sums, upTo: slice.upTo, isDone: slice.isLast, equations };
    if (!told(found)) return null;
    if (slice.isLast) return found;
    after = slice.upTo;
  }
}

const equation = (rule, { left, right }) => ({ rule, left, right, holds: left === right });
