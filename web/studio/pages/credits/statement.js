// Every entry of the ledger, in words: what a job held, took and gave back is one line.

import { run } from "../../core/client.js";
import { href } from "../../core/router.js";
import { computed, signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { brokenState, emptyState } from "../../parts/empty_state.js";
import { credits, time } from "../../wording.js";
import { words } from "../../words/en/credits.js";
import { saveCsv, saveJsonLines } from "./statement_file.js";

const AT_ONCE = 40;
const FILTERS = {
  all: () => true,
  spent: ({ job }) => job !== null,
  bought: ({ job }) => job === null,
};

/** Answers `look()`, which reads it anew, and `draw()`. */
export function statement() {
  const entries = signal(null);
  const cursor = signal(null);
  const broken = signal(null);
  const filter = signal("all");
  let turn = 0;

  const read = async (after) => {
    const own = (turn += 1);
    try {
      const { wallet } = await run("Statement", { first: AT_ONCE, after });
      if (own !== turn) return;
      const { edges, pageInfo } = wallet.statement;
      const known = after === null ? [] : entries.value;
      entries.value = [...known, ...edges.map(({ node }) => node)];
      cursor.value = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      broken.value = null;
    } catch (error) {
      if (own === turn) broken.value = error;
    }
  };
  const look = () => read(null);
  const lines = computed(() => grouped(entries.value ?? []).filter(FILTERS[filter.value]));

  const draw = () => {
    const { statement: said } = words;
    const heading = html`<h2>${said.title}</h2>`;
    if (broken.value && !entries.value) return html`<section>${heading}${brokenState(broken.value, look)}</section>`;
    if (!entries.value) return html`<section>${heading}<div class="skeleton statement-skeleton"></div></section>`;
    if (!entries.value.length) return html`<section>${heading}${emptyState("credits", said.title, said.empty)}</section>`;
    return html`<section>
      <div class="statement-head">${heading}
        <fieldset class="tabs"><legend class="visually-hidden">${said.filter}</legend>${Object.keys(FILTERS).map((name) => html`
          <button type="button" aria-pressed=${String(filter.value === name)} @click=${() => { filter.value = name; }}>${said.filters[name]}</button>`)}</fieldset>
        <button type="button" class="quiet" @click=${() => saveCsv(entries.value)}>${said.download}</button>
        <button type="button" class="quiet" @click=${() => saveJsonLines(entries.value)}>${said.downloadLines}</button></div>
      <table class="statement"><thead><tr><th>${said.columns.what}</th><th>${said.columns.when}</th>
        <th class="amount">${said.columns.change}</th><th class="amount">${said.columns.after}</th></tr></thead>
        <tbody>${lines.value.map((line) => keyed(line.key, row(line)))}</tbody></table>
      ${cursor.value ? html`<button type="button" class="quiet" @click=${() => read(cursor.value)}>${said.older}</button>` : null}
    </section>`;
  };
  return { look, draw };
}

/** The lines of these entries, newest first: of a job all its entries are one, where its latest stands. */
export function grouped(entries) {
  const lines = new Map();
  for (const entry of entries) {
    const key = entry.job ?? entry.position;
    const line = lines.get(key) ?? { key, ...entry, sums: {} };
    line.sums[entry.kind] = (line.sums[entry.kind] ?? 0) + Math.abs(entry.millicredits);
    lines.set(key, line);
  }
  return [...lines.values()];
}

function row(line) {
  const { columns } = words.statement;
  const { what, note, change } = told(line);
  return html`<tr>
    <td data-label=${columns.what}>${line.job ? html`<a href=${href("queue", [], { job: line.job })}>${what}</a>` : what}
      ${note ? html`<small>${note}</small>` : null}</td>
    <td data-label=${columns.when}>${time(line.at)}</td>
    <td data-label=${columns.change} class=${change > 0 ? "amount good" : "amount"}>${change > 0 ? "+" : ""}${credits(change)}</td>
    <td data-label=${columns.after} class="amount">${credits(line.available)}</td></tr>`;
}

function told({ kind, job, asked, sums, millicredits, package: name }) {
  const { statement: said } = words;
  if (job) {
    const taken = sums["wallet.captured"] ?? 0;
    const isOpen = !sums["wallet.captured"] && !sums["wallet.released"];
    const note = isOpen ? said.held(sums["wallet.reserved"])
      : taken === 0 ? said.free : sums["wallet.released"] ? said.returned(sums["wallet.released"]) : null;
    return { what: asked ? said.job(asked) : said.other, note, change: taken ? -taken : 0 };
  }
  if (kind === "wallet.promoted") return { what: said.promoted, change: millicredits };
  if (kind === "wallet.promotion_expired") return { what: said.promotionExpired, change: millicredits };
  return { what: name ? said.bought(name) : said.other, change: millicredits };
}
