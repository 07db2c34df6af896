// What changed between two positions: whose balances, from what to what. Each leads to the entries in between.

import { run } from "../../core/client.js";
import { href, route, wish } from "../../core/router.js";
import { computed, effect, signal, untracked } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { brokenState } from "../../parts/empty_state.js";
import { icon } from "../../parts/icon.js";
import { credits } from "../../wording.js";
import { words } from "../../words/en/auditor.js";
import { between, ends } from "./span.js";

const AT_ONCE = 50;
const PARTS = ["available", "reserved", "spent"];

/** Answers `draw()`: the other position stands in the address, beside the one that is looked at. */
export function comparison(ledger, { onLeave }) {
  const found = signal(null);
  const broken = signal(null);
  let turn = 0;
  const span = computed(() => between(ledger.shown.value?.asOf));

  const read = async (after) => {
    const own = (turn += 1);
    const { since, until } = ends(span.value);
    broken.value = null;
    try {
      let next = after;
      // A page may be empty where few of many owners have changed.
      for (let changes = []; ;) {
        const page = await run("LedgerDiff", { since, until, first: AT_ONCE, after: next });
        if (own !== turn) return;
        changes = [...changes, ...page.changes];
        next = page.moreBehind;
        if (changes.length || !next) {
          found.value = { changes: [...(after ? found.value.changes : []), ...changes], next };
          return;
        }
      }
    } catch (error) {
      if (own === turn) broken.value = error;
    }
  };
  onLeave(effect(() => {
    const wished = span.value;
    untracked(() => {
      turn += 1;
      if (!wished) found.value = null;
      else read(null);
    });
  }));

  const compare = (event) => {
    event.preventDefault();
    const from = new FormData(event.target).get("from").toString().trim();
    if (/^\d{1,15}$/.test(from)) wish({ from });
  };

  const draw = () => {
    const { comparison: said } = words;
    const shown = span.value ? ends(span.value) : null;
    return html`<section class="audit-compared"><div class="audit-head"><h2>${said.title}</h2>
        ${shown ? html`<button type="button" class="plain" aria-label=${said.close} @click=${() => wish({ from: null })}>${icon("close")}</button>` : null}</div>
      <form class="row" @submit=${compare}><label>${said.from}<input name="from" type="number" min="0" max=${ledger.shown.value.head} required
        .value=${route.value.query.from ?? ""}></label><button class="quiet">${said.compare}</button></form>
      ${shown ? html`<p class="faint">${said.span(shown.since, shown.until)}</p>` : html`<p class="faint">${said.text}</p>`}
      ${broken.value ? brokenState(broken.value, () => read(null)) : null}
      ${!shown || broken.value ? null : found.value ? table(found.value.changes) : html`<div class="skeleton ledger-skeleton"></div>`}
      ${shown && found.value?.next ? html`<button type="button" class="quiet" @click=${() => read(found.value.next)}>${words.balances.more}</button>` : null}</section>`;
  };
  return { draw };
}

function table(changes) {
  const { comparison: said, balances: { columns } } = words;
  if (!changes.length) return html`<p class="empty">${said.none}</p>`;
  const { query } = route.value;
  return html`<table class="facts"><thead><tr><th>${columns.owner}</th>${PARTS.map((part) => html`<th class="amount">${columns[part]}</th>`)}
    <th class="amount">${said.entries}</th></tr></thead>
    <tbody>${changes.map(({ owner, entries, entriesAreLeast, before, now }) => keyed(owner, html`<tr>
      <td><a class="id" href=${href("auditor", [], { ...query, owner })} aria-label=${said.open(owner)}>${owner}</a></td>
      ${PARTS.map((part) => html`<td class="amount" data-label=${columns[part]}>${moved(before[part], now[part])}</td>`)}
      <td class="amount" data-label=${said.entries}>${said.count(entries, entriesAreLeast)}</td></tr>`))}</tbody></table>`;
}

// "10 → 9.8 (−0.2)"; what stayed is said once.
function moved(before, now) {
  if (before === now) return html`<span class="faint">${credits(now)}</span>`;
  return html`<span>${credits(before)} → ${credits(now)} <small>${words.comparison.by(now - before)}</small></span>`;
}
