// Who is there to draw and to judge: with which engines, on what, since when.

import { html, keyed } from "../../core/template.js";
import { ago, time } from "../../wording.js";
import { words } from "../../words/en/operator.js";

/** The section of this look. */
export function machines({ machines: there }) {
  const { machines: said } = words;
  const { columns } = said;
  return html`<section><h2>${said.title}</h2>${there.length ? html`<table class="facts"><thead><tr><th>${columns.name}</th><th>${columns.does}</th>
      <th>${columns.engines}</th><th>${columns.device}</th><th>${columns.since}</th></tr></thead>
    <tbody>${there.map((one) => keyed(`${one.draws} ${one.name}`, html`<tr><td class="id">${one.name}</td><td data-label=${columns.does}>${one.draws ? said.draws : said.judges}</td>
      <td data-label=${columns.engines}>${one.engines.join(", ") || said.noEngines}</td><td data-label=${columns.device}>${said.device(one.device || "–", one.memoryGib)}</td>
      <td data-label=${columns.since} title=${time(one.since)}>${one.since ? ago(one.since) : "–"}</td></tr>`))}</tbody></table>` : html`<p class="faint">${said.none}</p>`}</section>`;
}
