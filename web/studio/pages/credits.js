// Credits: what is there, how to buy more, what came of it, and every entry of the ledger in words.

import { hear } from "../arrivals.js";
import { href, route } from "../core/router.js";
import { html } from "../core/template.js";
import { state } from "../store.js";
import { words } from "../words/en/credits.js";
import { balance } from "./credits/balance.js";
import { checkout } from "./credits/checkout.js";
import { packages } from "./credits/packages.js";
import { purchases } from "./credits/purchases.js";
import { statement } from "./credits/statement.js";

export default function creditsPage(_, { onLeave }) {
  const bought = purchases({ onLeave });
  const standing = balance();
  const entries = statement();
  const paying = checkout();
  const offers = packages(paying);
  onLeave(paying.end);
  const look = () => { standing.look(); entries.look(); };
  look();
  onLeave(hear("WatchWallet", look));
  // What holds the credits stands above all this, and would push it down when it comes.
  const rest = () => html`${missing()}
    <div class="credits-columns">${offers()}${bought(paying)}</div>
    ${entries.draw()}`;
  return () => html`
    ${standing.draw()}
    ${standing.isKnown.value ? rest() : html`<div class="skeleton credits-skeleton"></div>`}`;
}

// Somebody came here since what they wanted costs more than they have; their draft waits where it was.
function missing() {
  const { need, from } = route.value.query;
  const short = Number(need) - (state.wallet?.available ?? 0);
  if (!need || !(short > 0)) return null;
  return html`<p class="card missing">${words.buy.missing(short)} <a href=${href(from || "create")}>${words.buy.back}</a></p>`;
}
