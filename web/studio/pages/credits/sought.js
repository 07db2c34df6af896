// The purchase that somebody comes from an entry of the statement for, however long ago it was.

import { run } from "../../core/client.js";
import { route, wish } from "../../core/router.js";
import { effect, signal, untracked } from "../../core/signal.js";
import { state } from "../../store.js";

const AT_ONCE = 100;

/** Answers `purchase()`, which is that one once it is found, else null. Its row is shown and focused then. */
export function soughtPurchase({ onLeave }) {
  const found = signal(null);
  let turn = 0;

  const seek = async (id) => {
    const own = (turn += 1);
    found.value = state.purchases.get(id) ?? null;
    for (let after = null; !found.value;) {
      const { wallet: { purchases: { edges, pageInfo } } } = await run("Purchases", { first: AT_ONCE, after });
      if (own !== turn) return;
      found.value = edges.find(({ node }) => node.id === id)?.node ?? null;
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    queueMicrotask(() => {
      const row = [...document.querySelectorAll(".purchase")].find((one) => one instanceof HTMLElement && one.dataset.purchase === id);
      row?.scrollIntoView({ block: "center" });
      if (row instanceof HTMLElement) row.focus({ preventScroll: true });
      // Who presses the same entry once more is led here once more.
      wish({ purchase: null });
    });
  };
  onLeave(effect(() => {
    const { purchase } = route.value.query;
    // Where it cannot be found now, the statement still says what it was.
    if (purchase) untracked(() => { seek(purchase).catch(() => wish({ purchase: null })); });
  }));
  onLeave(() => { turn += 1; });
  return () => (found.value ? state.purchases.get(found.value.id) ?? found.value : null);
}
