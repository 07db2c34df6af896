// What a check of the chain came to: whole or broken, where, and whether its balances are those of the ledger.

import { html } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/auditor.js";

const PARTS = ["available", "reserved", "spent", "owners"];

/** Of this report; `noted` keeps the head in this browser. */
export function verdict(report, noted) {
  const { chain: said } = words;
  const { findings, findingsInAll, rows, ledgerRows, link, asked, notedAt, seconds } = report;
  const { facts } = said;
  return html`<div class=${findingsInAll ? "audit-verdict is-bad" : "audit-verdict is-good"} role="status">
    <h3>${icon(findingsInAll ? "warning" : "check")} ${findingsInAll ? said.broken(findingsInAll) : said.whole}</h3>
    ${findingsInAll ? html`<ol class="findings">${findings.map((one) => html`<li><strong>${said.place(one.position, one.line)}</strong> ${said.findings[one.code](one)}</li>`)}
      ${findingsInAll > findings.length ? html`<li>${said.more(findingsInAll - findings.length)}</li>` : null}</ol>` : null}
    <dl><dt>${facts.rows}</dt><dd>${said.pace(rows, seconds)}</dd>
      <dt>${facts.ledger}</dt><dd>${ledgerRows.toLocaleString()}</dd>
      <dt>${facts.head}</dt><dd class="id">${link}</dd>
      <dt>${facts.noted}</dt><dd>${asked ? notedAt === null ? said.findings.noted() : said.occurs(notedAt) : said.unnoted}</dd></dl>
    ${agreement(report)}
    ${findingsInAll ? null : noted.value === link ? html`<p class="good">${icon("check")} ${said.isNoted}</p>`
      : html`<button type="button" class="quiet" @click=${() => { noted.value = link; }}>${said.note}</button>`}</div>`;
}

/** Whether the copy comes to what the studio's ledger says. */
export function agrees({ sums }, ledger) {
  return PARTS.every((part) => sums[part] === ledger[part]);
}

function agreement(report) {
  const { chain: said } = words;
  if (!report.ledger) return null;
  const isSame = agrees(report, report.ledger);
  return html`<p class=${isSame ? "good" : "danger"}>${icon(isSame ? "check" : "warning")} ${isSame ? said.agree : said.differ}: ${said.sums(report.sums)}</p>`;
}
