// Credits: what is there, how to buy more, what came of it, and every entry of the ledger in words.

import { hear } from "../arrivals.js";
import { href, route } from "../core/router.js";
import { html } from "../core/template.js";
import { hasEnded } from "../parts/job_words.js";
import { state } from "../store.js";
import { credits } from "../wording.js";
import { words } from "../words/en/credits.js";
import { checkout } from "./credits/checkout.js";
import { packages } from "./credits/packages.js";
import { purchases } from "./credits/purchases.js";
import { statement } from "./credits/statement.js";

export default function creditsPage(_, { onLeave }) {
  const bought = purchases({ onLeave });
  const entries = statement();
  const paying = checkout();
  const offers = packages(paying);
  onLeave(paying.end);
  entries.look();
  onLeave(hear("WatchWallet", entries.look));
  return () => html`
    ${balance()}
    ${missing()}
    <div class="credits-columns">${offers()}${bought(paying)}</div>
    ${entries.draw()}`;
}

function balance() {
  const { available, reserved, spent } = state.wallet ?? {};
  const open = [...state.jobs.values()].filter((job) => !hasEnded(job)).length;
  const { balance: said } = words;
  return html`<section class="balance-card"><h2 class="visually-hidden">${said.title}</h2>
    <dl>
      <div class="is-main"><dt>${said.available}</dt><dd>${credits(available ?? 0)} <small>${said.unit}</small></dd></div>
      <div><dt>${said.held}</dt><dd>${reserved ? html`<a href=${href("queue")} title=${said.heldFor(open)}>${credits(reserved)}</a>` : credits(0)}</dd></div>
      <div><dt>${said.spent}</dt><dd>${credits(spent ?? 0)}</dd></div>
    </dl></section>`;
}

// Somebody came here since what they wanted costs more than they have; their draft waits where it was.
function missing() {
  const { need, from } = route.value.query;
  const short = Number(need) - (state.wallet?.available ?? 0);
  if (!need || !(short > 0)) return null;
  return html`<p class="card missing">${words.buy.missing(short)} <a href=${href(from || "create")}>${words.buy.back}</a></p>`;
}
