// What came of each purchase: being confirmed, paid with a receipt, or why not and what to do.

import { run } from "../../core/client.js";
import { go, href, route } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { toast } from "../../core/toasts.js";
import { open } from "../../parts/dialog.js";
import { brokenState } from "../../parts/empty_state.js";
import { credits, price, time } from "../../wording.js";
import { words } from "../../words/en/credits.js";

const SHOWN = 8;
/** A decision that is not a payment changes no balance: while one is awaited it is looked for. */
const LOOKED_EVERY_MS = 2_000;
/** After that it is no longer said to be on its way. */
const CONFIRMED_WITHIN_MS = 120_000;

/** Answers `look()`, `draw(buying)` and `end()`. */
export function purchases() {
  const found = signal(null);
  const broken = signal(null);
  const cameBackAt = Date.now();
  let turn = 0;
  let timer = 0;

  const awaited = () => (route.value.query.paid && Date.now() - cameBackAt < CONFIRMED_WITHIN_MS
    ? found.value?.find(({ state }) => state === "STARTED") ?? null : null);

  const look = async () => {
    const own = (turn += 1);
    clearTimeout(timer);
    const before = awaited();
    try {
      const { wallet } = await run("Purchases", { first: SHOWN });
      if (own !== turn) return;
      found.value = wallet.purchases.edges.map(({ node }) => node);
      broken.value = null;
    } catch (error) {
      if (own !== turn) return;
      broken.value = error;
    }
    const now = before && found.value.find(({ id }) => id === before.id);
    if (now?.state === "CREDITED") toast(words.purchases.arrived(now.credits));
    if (awaited()) timer = setTimeout(look, LOOKED_EVERY_MS);
    else if (route.value.query.paid && before) go(href("credits", [], { ...route.value.query, paid: null }), { replace: true });
  };

  const draw = (buying) => {
    if (broken.value && !found.value) return html`<section>${brokenState(broken.value, look)}</section>`;
    if (!found.value?.length) return null;
    const waited = awaited();
    return html`<section><h2>${words.purchases.title}</h2><ul class="purchases">
      ${found.value.map((one) => keyed(one.id, row(one, one === waited, buying)))}</ul></section>`;
  };
  return { look, draw, end: () => { turn += 1; clearTimeout(timer); } };
}

function row(one, isAwaited, buying) {
  const { states } = words.purchases;
  const outcome = isAwaited ? states.CONFIRMING : one.state === "FAILED" ? states[one.failure] ?? states.FAILED : states[one.state];
  const isOpen = one.state !== "CREDITED" && !isAwaited;
  return html`<li class=${`purchase is-${one.state.toLowerCase()}`}>
    <div><strong>${words.purchases.of(one)}</strong><small title=${time(one.startedAt)}>${time(one.endedAt ?? one.startedAt)}</small>
      <p role=${isAwaited ? "status" : null} class=${one.state === "FAILED" ? "danger" : one.state === "CREDITED" ? "good" : "faint"}>${outcome}</p></div>
    ${isOpen ? html`<button type="button" class="quiet" @click=${() => buying.buy(one.package)}>${one.state === "FAILED" ? words.purchases.again : words.purchases.goOn}</button>` : null}
    ${one.state === "CREDITED" ? html`<button type="button" class="quiet" @click=${() => receipt(one)}>${words.purchases.receipt}</button>` : null}
  </li>`;
}

function receipt(one) {
  const { facts, receiptOf } = words.purchases;
  open(receiptOf(one), () => () => html`<dl>
    <dt>${facts.number}</dt><dd>${one.position}</dd>
    <dt>${facts.package}</dt><dd>${one.package}</dd>
    <dt>${facts.credits}</dt><dd>${credits(one.credits)}</dd>
    <dt>${facts.paid}</dt><dd>${price(one.priceMinorUnits, one.currency)}</dd>
    <dt>${facts.at}</dt><dd>${time(one.endedAt)}</dd></dl>`);
}
