// Every entry of the ledger, in words: what a job held, took and gave back is one line.

import { run } from "../../core/client.js";
import { href } from "../../core/router.js";
import { computed, signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { brokenState, emptyState } from "../../parts/empty_state.js";
import { credits, time } from "../../wording.js";
import { words as shared } from "../../words/en.js";
import { words } from "../../words/en/credits.js";
import { saveCsv, saveJsonLines } from "./statement_file.js";

const AT_ONCE = 40;
/** For a file all of it is fetched, in pages as large as there are. */
const IN_A_FILE = 100;
const FILTERS = { all: "ALL", spent: "JOBS", bought: "CREDITS" };

/** Answers `look()`, which reads what is new, and `draw()`. */
export function statement() {
  const entries = signal(null);
  const cursor = signal(null);
  const broken = signal(null);
  const filter = signal("all");
  const isSaving = signal(false);
  const unsaved = signal("");
  let turn = 0;
  /** The filter that let `entries` through. */
  let shown = "all";

  const read = async (after, taken) => {
    const own = (turn += 1);
    try {
      const found = await page(AT_ONCE, after, filter.value);
      if (own !== turn) return;
      taken(found);
      broken.value = null;
    } catch (error) {
      if (own === turn) broken.value = error;
    }
  };
  const afresh = ({ nodes, next }) => { [entries.value, cursor.value, shown] = [nodes, next, filter.value]; };
  const older = () => read(cursor.value, ({ nodes, next }) => {
    [entries.value, cursor.value] = [[...entries.value, ...nodes], next];
  });
  // What was read before stays read, unless more has come since than a page holds.
  const look = () => read(null, (found) => {
    const last = Number(entries.value?.[0]?.position ?? -1);
    const newer = found.nodes.filter(({ position }) => Number(position) > last);
    if (!entries.value || shown !== filter.value || newer.length === found.nodes.length) afresh(found);
    else entries.value = [...newer, ...entries.value];
  });
  const show = (name) => {
    filter.value = name;
    read(null, afresh);
  };
  const lines = computed(() => grouped(entries.value ?? []));

  // A file holds everything that the filter lets through, however much of it is shown.
  const save = async (write) => {
    if (isSaving.value) return;
    const about = filter.value;
    isSaving.value = true;
    unsaved.value = "";
    try {
      let { nodes: all, next } = await page(IN_A_FILE, null, about);
      while (next) {
        const found = await page(IN_A_FILE, next, about);
        all = all.concat(found.nodes);
        next = found.next;
      }
      write(all);
    } catch (error) {
      unsaved.value = error.message;
    } finally {
      isSaving.value = false;
    }
  };

  const draw = () => {
    const { statement: said } = words;
    const heading = html`<h2>${said.title}</h2>`;
    if (broken.value && !entries.value) return html`<section>${heading}${brokenState(broken.value, look)}</section>`;
    if (!entries.value) return html`<section>${heading}<div class="skeleton statement-skeleton"></div></section>`;
    if (!entries.value.length && filter.value === "all") return html`<section>${heading}${emptyState("credits", said.title, said.empty)}</section>`;
    return html`<section>
      <div class="statement-head">${heading}
        <fieldset class="tabs"><legend class="visually-hidden">${said.filter}</legend>${Object.keys(FILTERS).map((name) => html`
          <button type="button" aria-pressed=${String(filter.value === name)} @click=${() => show(name)}>${said.filters[name]}</button>`)}</fieldset>
        <button type="button" class="quiet" aria-busy=${isSaving.value ? "true" : null} @click=${() => save(saveCsv)}>${said.download}</button>
        <button type="button" class="quiet" aria-busy=${isSaving.value ? "true" : null} @click=${() => save(saveJsonLines)}>${said.downloadLines}</button></div>
      ${unsaved.value ? html`<p class="danger" role="alert">${unsaved.value}</p>` : null}
      ${broken.value ? html`<p class="danger" role="alert">${broken.value.message} <button type="button" class="quiet" @click=${look}>${shared.again}</button></p>` : null}
      ${entries.value.length ? null : html`<p class="empty">${said.noneOf}</p>`}
      <table class="statement" hidden=${!entries.value.length}><thead><tr><th>${said.columns.what}</th><th>${said.columns.when}</th>
        <th class="amount">${said.columns.change}</th><th class="amount">${said.columns.after}</th></tr></thead>
        <tbody>${lines.value.map((line) => keyed(line.key, row(line)))}</tbody></table>
      ${cursor.value ? html`<button type="button" class="quiet" @click=${older}>${said.older}</button>` : null}
    </section>`;
  };
  return { look, draw };
}

async function page(first, after, filter) {
  const { wallet: { statement: { edges, pageInfo } } } = await run("Statement", { first, after, about: FILTERS[filter] });
  return { nodes: edges.map(({ node }) => node), next: pageInfo.hasNextPage ? pageInfo.endCursor : null };
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
    <td data-label=${columns.what}>${linked(line, what)}
      ${note ? html`<small>${note}</small>` : null}</td>
    <td data-label=${columns.when}>${time(line.at)}</td>
    <td data-label=${columns.change} class=${change > 0 ? "amount good" : "amount"}>${change > 0 ? "+" : ""}${credits(change)}</td>
    <td data-label=${columns.after} class="amount">${credits(line.available)}</td></tr>`;
}

function linked({ job, purchase }, what) {
  if (job) return html`<a href=${href("queue", [], { job })}>${what}</a>`;
  return purchase ? html`<a href=${href("credits", [], { purchase })}>${what}</a>` : what;
}

function told({ kind, job, asked, sums, millicredits, package: name }) {
  const { statement: said } = words;
  if (job) {
    const taken = sums["wallet.captured"] ?? 0;
    // What was not needed came back when it ended, or when its time was over.
    const back = (sums["wallet.released"] ?? 0) + (sums["wallet.expired"] ?? 0);
    const isOpen = !taken && !back;
    const note = isOpen ? said.held(sums["wallet.reserved"]) : taken === 0 ? said.free : back ? said.returned(back) : null;
    return { what: asked ? said.job(asked) : said.other, note, change: taken ? -taken : 0 };
  }
  if (kind === "wallet.promoted") return { what: said.promoted, change: millicredits };
  if (kind === "wallet.promotion-expired") return { what: said.promotionExpired, change: millicredits };
  return { what: name ? said.bought(name) : said.other, change: millicredits };
}
