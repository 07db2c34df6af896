// What came of each purchase: being confirmed, paid with a receipt, or why not and what to do.

import { effect } from "../../core/signal.js";
import { go, href, route } from "../../core/router.js";
import { html, keyed } from "../../core/template.js";
import { toast } from "../../core/toasts.js";
import { open } from "../../parts/dialog.js";
import { state } from "../../store.js";
import { credits, price, time } from "../../wording.js";
import { words } from "../../words/en/credits.js";

const SHOWN = 8;

/** Answers what draws them. Their outcomes come by the wallet's feed. */
export function purchases({ onLeave }) {
  let before = null;

  const latestFirst = () => [...state.purchases.values()].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  /** The one that somebody comes back from the checkout of. */
  const awaited = () => (route.value.query.paid ? latestFirst().find((one) => one.state === "STARTED") ?? null : null);

  onLeave(effect(() => {
    const now = before && state.purchases.get(before.id);
    if (now?.state === "CREDITED") toast(words.purchases.arrived(now.credits));
    if (now && now.state !== "STARTED") go(href("credits", [], { ...route.value.query, paid: null }), { replace: true });
    before = awaited();
  }));

  return (buying) => {
    const shown = latestFirst().slice(0, SHOWN);
    if (!shown.length) return null;
    const waited = awaited();
    return html`<section><h2>${words.purchases.title}</h2><ul class="purchases">
      ${shown.map((one) => keyed(one.id, row(one, one.id === waited?.id, buying)))}</ul></section>`;
  };
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
