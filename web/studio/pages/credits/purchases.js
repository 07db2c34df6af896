// What came of each purchase: being confirmed, paid with a receipt, or why not and what to do.

import { effect } from "../../core/signal.js";
import { go, href, route } from "../../core/router.js";
import { html, keyed } from "../../core/template.js";
import { toast } from "../../core/toasts.js";
import { open } from "../../parts/dialog.js";
import { state } from "../../store.js";
import { credits, price, time } from "../../wording.js";
import { words } from "../../words/en/credits.js";
import { leftFor } from "./checkout.js";
import { soughtPurchase } from "./sought.js";

const SHOWN = 8;

/** Answers what draws them. Their outcomes come by the wallet's feed. */
export function purchases({ onLeave }) {
  let before = null;
  const sought = soughtPurchase({ onLeave });

  const latestFirst = () => [...state.purchases.values()].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  /** The one that somebody comes back from the checkout of. */
  const returnedFrom = () => (leftFor.value ? state.purchases.get(leftFor.value) : latestFirst().find(isOpen)) ?? null;
  const awaited = () => {
    const one = route.value.query.paid ? returnedFrom() : null;
    return one && isOpen(one) ? one : null;
  };

  onLeave(effect(() => {
    if (!route.value.query.paid) return;
    const now = state.purchases.get(leftFor.value ?? before?.id);
    before = returnedFrom();
    if (!now || isOpen(now)) return;
    before = null;
    leftFor.value = null;
    if (now.state === "CREDITED") toast(words.purchases.arrived(now.credits));
    go(href("credits", [], { ...route.value.query, paid: null }), { replace: true });
  }));

  return (paying) => {
    const wanted = sought();
    const shown = latestFirst().filter((one, place) => place < SHOWN || isOpen(one) || one.id === wanted?.id);
    if (wanted && !shown.some(({ id }) => id === wanted.id)) shown.push(wanted);
    // Its place is kept while nothing is known: what stands beside and below it would jump.
    if (!shown.length) return html`<section class="no-purchases"><h2>${words.purchases.title}</h2><p class="faint">${words.purchases.none}</p></section>`;
    const waited = awaited();
    return html`<section><h2>${words.purchases.title}</h2><ul class="purchases">
      ${shown.map((one) => keyed(one.id, row(one, one.id === waited?.id, paying)))}</ul></section>`;
  };
}

const isOpen = (one) => one.state === "STARTED";

function row(one, isAwaited, paying) {
  const { states } = words.purchases;
  const outcome = isAwaited ? states.CONFIRMING : one.state === "FAILED" ? states[one.failure] ?? states.FAILED : states[one.state];
  return html`<li class=${`purchase is-${one.state.toLowerCase()}`} data-purchase=${one.id} tabindex="-1">
    <div><strong>${words.purchases.of(one)}</strong><small title=${time(one.startedAt)}>${time(one.endedAt ?? one.startedAt)}</small>
      <p role=${isAwaited ? "status" : null} class=${one.state === "FAILED" ? "danger" : one.state === "CREDITED" ? "good" : "faint"}>${outcome}</p></div>
    ${next(one, isAwaited, paying)}
  </li>`;
}

function next(one, isAwaited, paying) {
  const { again, goOn, back } = words.purchases;
  const offer = state.catalogue.packages.find(({ id }) => id === one.package);
  switch (one.state) {
    case "CREDITED": return html`<button type="button" class="quiet" @click=${() => receipt(one)}>${words.purchases.receipt}</button>`;
    case "STARTED": return html`<button type="button" class="quiet" disabled=${paying.isLeaving.value} @click=${() => paying.resume(one)}>${isAwaited ? back : goOn}</button>`;
    default: return offer ? html`<button type="button" class="quiet" disabled=${paying.isLeaving.value} @click=${() => paying.buy(offer)}>${again}</button>` : null;
  }
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
