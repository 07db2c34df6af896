// The ledger as of a position: asked for, and kept on the page until another answer is there.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { addedUp } from "./added_up.js";

const OWNERS_AT_ONCE = 50;
const SETTLED_MS = 150;

/**
 * `look(position)` asks for it, "" for the newest; `shown` is the last answer, `broken` why there is none newer.
 * `sums` is what its entries come to, as far as they are added up; null before.
 */
export function ledgerAt() {
  const shown = signal(null);
  const broken = signal(null);
  const asking = signal(false);
  const sums = signal(null);
  let turn = 0;
  let adding = 0;
  let last = "";

  const ask = async (wish) => {
    const own = (turn += 1);
    asking.value = true;
    try {
      const found = await run("Ledger", { first: OWNERS_AT_ONCE, ...wish });
      if (own !== turn) return null;
      broken.value = null;
      return found;
    } catch (error) {
      if (own === turn) broken.value = error;
      return null;
    } finally {
      if (own === turn) asking.value = false;
    }
  };
  const addUp = async (asOf) => {
    const own = (adding += 1);
    sums.value = null;
    try {
      await addedUp(asOf, (found) => {
        if (own === adding) sums.value = found;
        return own === adding;
      });
    } catch (error) {
      if (own === adding) broken.value = error;
    }
  };
  const look = async (position) => {
    last = position;
    if (shown.value) {
      // A key that is held passes many positions: the one at which it is let go is asked for.
      const own = (turn += 1);
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
      if (own !== turn) return;
    }
    const found = await ask(/^\d{1,18}$/.test(position) ? { asOf: position } : {});
    if (!found) return;
    shown.value = found;
    addUp(found.asOf);
  };

  /** The position of the last entry until a moment; null where the answer is lost or overtaken. */
  const positionAt = async (moment) => (await ask({ at: moment.toISOString() }))?.asOf ?? null;

  /** The owners behind those that are listed. */
  const more = async () => {
    const { accounts, asOf, moreBehind } = shown.value;
    const found = await ask({ asOf, after: moreBehind });
    if (found) shown.value = { ...shown.value, accounts: [...accounts, ...found.accounts], moreBehind: found.moreBehind };
  };
  return { shown, sums, broken, asking, look, more, positionAt, again: () => look(last) };
}
