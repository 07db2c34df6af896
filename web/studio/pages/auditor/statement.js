// One owner's entries up to the position, or between two that are compared, each with what it moved from where to where.

import { run } from "../../core/client.js";
import { route, wish } from "../../core/router.js";
import { computed, effect, signal, untracked } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { brokenState } from "../../parts/empty_state.js";
import { icon } from "../../parts/icon.js";
import { credits, time } from "../../wording.js";
import { words } from "../../words/en/auditor.js";
import { isOwner } from "./balances.js";
import { between, ends } from "./span.js";

const AT_ONCE = 50;

/** Answers `draw()`: nothing where no owner is asked for. */
export function statementOf(ledger, { onLeave }) {
  const entries = signal(null);
  const cursor = signal(null);
  const broken = signal(null);
  let turn = 0;
  // An address that somebody cut names nobody.
  const owner = computed(() => (isOwner(route.value.query.owner) ? route.value.query.owner : null));
  const asOf = computed(() => ledger.shown.value?.asOf ?? null);
  const compared = computed(() => between(asOf.value));

  const read = async (after) => {
    const own = (turn += 1);
    broken.value = null;
    try {
      const { since, until } = compared.value ? ends(compared.value) : { since: null, until: asOf.value };
      const found = await run("LedgerEntries", { owner: owner.value, asOf: until, since, first: AT_ONCE, after });
      if (own !== turn) return;
      const { edges, pageInfo } = found.entries;
      entries.value = [...(after ? entries.value : []), ...edges.map(({ node }) => node)];
      cursor.value = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } catch (error) {
      if (own === turn) broken.value = error;
    }
  };
  let shownOwner = null;
  onLeave(effect(() => {
    const [of, at] = [owner.value, compared.value || asOf.value];
    untracked(() => {
      turn += 1;
      // Another owner's entries are not shown under this one's name.
      if (of !== shownOwner) entries.value = null;
      shownOwner = of;
      if (of && at !== null) read(null);
    });
  }));

  const draw = () => {
    if (!owner.value) return null;
    const { statement: said } = words;
    return html`<section class="audit-statement"><div class="audit-head"><h2>${compared.value ? said.between(ends(compared.value)) : said.title}</h2>
        <button type="button" class="plain" aria-label=${said.close} @click=${() => wish({ owner: null })}>${icon("close")}</button></div>
      <p class="id">${owner.value}</p>
      ${broken.value ? brokenState(broken.value, () => read(null)) : null}
      ${entries.value ? table(entries.value) : broken.value ? null : html`<div class="skeleton ledger-skeleton"></div>`}
      ${cursor.value ? html`<button type="button" class="quiet" @click=${() => read(cursor.value)}>${said.older}</button>` : null}</section>`;
  };
  return { draw };
}

function table(entries) {
  const { columns, empty } = words.statement;
  if (!entries.length) return html`<p class="empty">${empty}</p>`;
  return html`<table class="facts"><thead><tr><th class="amount">${columns.position}</th><th>${columns.at}</th><th>${columns.what}</th><th>${columns.postings}</th>
    <th class="amount">${columns.amount}</th><th class="amount">${columns.available}</th><th class="amount">${columns.reserved}</th><th class="amount">${columns.spent}</th></tr></thead>
    <tbody>${entries.map((entry) => keyed(entry.position, row(entry)))}</tbody></table>`;
}

function row({ position, at, kind, postings, available, reserved, spent }) {
  const { columns, kinds, other } = words.statement;
  const amount = postings.reduce((sum, { millicredits }) => sum + Math.max(0, millicredits), 0);
  return html`<tr><td class="amount" data-label=${columns.position}>${Number(position).toLocaleString()}</td><td data-label=${columns.at}>${time(at)}</td>
    <td data-label=${columns.what}>${kinds[kind] ?? other}</td><td data-label=${columns.postings}>${moved(postings)}</td>
    <td class="amount" data-label=${columns.amount}>${credits(amount)}</td><td class="amount" data-label=${columns.available}>${credits(available)}</td>
    <td class="amount" data-label=${columns.reserved}>${credits(reserved)}</td><td class="amount" data-label=${columns.spent}>${credits(spent)}</td></tr>`;
}

function moved(postings) {
  const { accounts } = words.statement;
  const named = (sign) => postings.filter(({ millicredits }) => Math.sign(millicredits) === sign).map(({ account }) => accounts[account] ?? account).join(", ");
  return `${named(-1)} → ${named(1)}`;
}
