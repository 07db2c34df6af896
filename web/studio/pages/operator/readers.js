// Who reads the event log, how far each is behind, and what of its effects is still to come.

import { html, keyed } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/operator.js";

/** The section of this look. */
export function readers({ readers: all, effects, screening, concerns }) {
  const { readers: said, span, count } = words;
  const { columns } = said;
  return html`<section><h2>${said.title}</h2><table class="facts"><thead><tr><th>${columns.reader}</th>
      <th class="amount">${columns.events}</th><th class="amount">${columns.seconds}</th></tr></thead>
    <tbody>${all.map(({ reader, events, seconds, isBehind }) => keyed(reader, html`<tr><td>${said.names[reader] ?? reader}</td>
      <td class="amount" data-label=${columns.events}>${count(events)}</td><td class=${isBehind ? "amount danger" : "amount"} data-label=${columns.seconds}>${isBehind ? icon("warning") : null} ${events ? span(seconds) : "–"}</td></tr>`))}</tbody></table>
    ${line(said.effects(effects.count, span(effects.oldestS)), concerns.includes("EFFECTS_LATE"))}
    ${line(said.screening(screening.count, span(screening.oldestS)), concerns.includes("SCREENING_LATE"))}</section>`;
}

const line = (said, isBad) => html`<p class=${isBad ? "danger" : "faint"}>${isBad ? icon("warning") : null} ${said}</p>`;
