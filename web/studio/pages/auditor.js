// Auditor: balances at a position, what must be equal there, what changed since another one, one owner's
// statement, and the chain, checked here.

import { hotkey } from "../core/hotkeys.js";
import { route } from "../core/router.js";
import { computed, effect, untracked } from "../core/signal.js";
import { html } from "../core/template.js";
import { brokenState } from "../parts/empty_state.js";
import { words } from "../words/en/auditor.js";
import { balances } from "./auditor/balances.js";
import { chainCheck } from "./auditor/chain_check.js";
import { comparison } from "./auditor/comparison.js";
import { equations } from "./auditor/equations.js";
import { ledgerAt } from "./auditor/ledger_at.js";
import { place } from "./auditor/place.js";
import { statementOf } from "./auditor/statement.js";
import notFound from "./not_found.js";

export default function auditor(container, { onLeave }) {
  const ledger = ledgerAt();
  const where = place(ledger);
  const owners = balances(ledger);
  const changes = comparison(ledger, { onLeave });
  const statement = statementOf(ledger, { onLeave });
  const chain = chainCheck({ onLeave });
  const asked = computed(() => route.value.query.at ?? "");
  onLeave(effect(() => {
    const at = asked.value;
    untracked(() => ledger.look(at));
  }));
  onLeave(hotkey("[", words.place.back, () => where.step(-1)));
  onLeave(hotkey("]", words.place.forward, () => where.step(1)));
  const absent = notFound();
  return () => {
    const { value: error } = ledger.broken;
    if (error?.code === "NOT_FOUND") return absent();
    if (!ledger.shown.value) {
      return html`<section>${error ? brokenState(error, ledger.again) : html`<div class="skeleton ledger-skeleton"></div>`}</section>`;
    }
    return html`<div class="audit">
      ${where.draw()}
      ${changes.draw()}
      ${equations(ledger.sums.value)}
      ${statement.draw()}
      ${owners.draw()}
      ${chain.draw()}</div>`;
  };
}
