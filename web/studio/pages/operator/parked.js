// What could not be handled and is tried again: by the names under which it is tried now, or dropped.

import { html, keyed } from "../../core/template.js";
import { time } from "../../wording.js";
import { words } from "../../words/en/operator.js";

/** The section of this look. */
export function parked(now) {
  const { parked: said, span } = words;
  const { columns } = said;
  const at = Date.parse(now.at);
  return html`<section><h2>${said.title}</h2>
    ${now.parked.length ? html`<table class="facts"><thead><tr><th>${columns.id}</th><th>${columns.what}</th><th>${columns.error}</th>
      <th class="amount">${columns.attempts}</th><th class="amount">${columns.since}</th></tr></thead>
    <tbody>${now.parked.map((one) => keyed(one.id, html`<tr><td class="id">${one.id}</td><td data-label=${columns.what}><span>${said.kinds[one.kind]}: <span class="id">${one.what}</span></span></td>
      <td class="id" data-label=${columns.error}>${one.error}</td><td class="amount" data-label=${columns.attempts}>${one.attempts}</td>
      <td class="amount" data-label=${columns.since} title=${time(one.since)}>${span((at - Date.parse(one.since)) / 1000)}</td></tr>`))}</tbody></table>
      <p class="faint">${said.text} ${now.parked.length < now.parkedInAll ? said.some(now.parked.length, now.parkedInAll) : ""}</p>` : html`<p class="faint">${said.none}</p>`}</section>`;
}
