// What one has: available, held and by which jobs, and what was spent this month.

import { run } from "../../core/client.js";
import { href } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { state } from "../../store.js";
import { ago, credits, time } from "../../wording.js";
import { words } from "../../words/en/credits.js";

/** As many jobs are named; all of them stand in the queue. */
const NAMED = 5;

/** Answers `look()`, which asks what lies behind the balance, `isKnown` once that has been answered, and `draw()`. */
export function balance() {
  const now = signal(null);
  const isKnown = signal(false);
  let turn = 0;
  const look = async () => {
    const own = (turn += 1);
    try {
      const { wallet } = await run("CreditsNow");
      if (own === turn) now.value = wallet;
    } catch { /* The balance itself comes by the feed; what is known of the rest stands. */ }
    isKnown.value = true;
  };

  const draw = () => {
    const { available, reserved, spent } = state.wallet ?? {};
    const { balance: said } = words;
    return html`<section class="balance-card"><h2 class="visually-hidden">${said.title}</h2>
      <dl>
        <div class="is-main"><dt>${said.available}</dt><dd>${credits(available ?? 0)} <small>${said.unit}</small></dd></div>
        <div><dt>${said.held}</dt><dd>${credits(reserved ?? 0)}</dd></div>
        <div title=${said.month}><dt>${said.spentThisMonth}</dt><dd>${now.value ? credits(now.value.spentThisMonth) : "–"}
          <small class="faint">${said.spent(spent ?? 0)}</small></dd></div>
      </dl>${reserved && now.value?.holds.length ? held(now.value.holds) : null}</section>`;
  };
  return { look, isKnown, draw };
}

function held(holds) {
  const { balance: said, statement } = words;
  const more = holds.length - NAMED;
  return html`<div class="held"><h3>${said.heldFor(holds.length)}</h3><ul>
    ${holds.slice(0, NAMED).map(({ job, millicredits, since, asked }) => keyed(job, html`<li>
      <a href=${href("queue", [], { job })}>${asked ? statement.job(asked) : statement.other}</a>
      <small class="faint" title=${time(since)}>${ago(since)}</small><span class="amount">${credits(millicredits)}</span></li>`))}</ul>
    ${more > 0 ? html`<p><a href=${href("queue")}>${said.others(more)}</a></p>` : null}</div>`;
}
