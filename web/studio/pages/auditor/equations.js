// What must be equal of a ledger, with both sides of it: green where they are, red where they are not.

import { html, keyed } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { credits } from "../../wording.js";
import { words } from "../../words/en/auditor.js";

const COUNTS = new Set(["ENTRIES_BALANCE", "NOTHING_IS_NEGATIVE"]);

/** The section of these sums; they are null before anything is added up. */
export function equations(sums) {
  const { equations: said } = words;
  if (!sums?.isDone) return html`<section class="audit-rules" aria-busy="true"><div class="audit-head"><h2>${said.title}</h2></div><div class="skeleton rules-skeleton"></div></section>`;
  const { equations: all } = sums;
  const broken = all.filter(({ holds }) => !holds).length;
  const side = (rule, value) => (COUNTS.has(rule) ? value.toLocaleString() : credits(value));
  return html`<section class="audit-rules"><div class="audit-head"><h2>${said.title}</h2>
      <p class=${broken ? "danger" : "good"}>${icon(broken ? "warning" : "check")} ${broken ? said.some(broken) : said.all(all.length)}</p></div>
    <table class="facts"><thead><tr><th>${said.columns.rule}</th><th class="amount">${said.columns.left}</th>
      <th class="amount">${said.columns.right}</th><th>${said.columns.holds}</th></tr></thead>
    <tbody>${all.map(({ rule, left, right, holds }) => keyed(rule, html`<tr class=${holds ? "is-good" : "is-bad"}>
      <td>${said.rules[rule]}</td>
      <td class="amount" data-label=${said.columns.left}>${side(rule, left)}</td>
      <td class="amount" data-label=${said.columns.right}>${side(rule, right)}</td>
      <td class="verdict">${icon(holds ? "check" : "warning")} ${holds ? said.holds : said.broken}</td></tr>`))}</tbody></table></section>`;
}
