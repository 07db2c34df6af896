// Everybody's balances at the position, under the ids of the log.

import { href, route, wish } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { credits } from "../../wording.js";
import { words } from "../../words/en/auditor.js";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text is written as ids of owners are. */
export const isOwner = (text) => ID.test(text ?? "");

/** Answers `draw()`. */
export function balances(ledger) {
  const wrong = signal(false);
  const find = (event) => {
    event.preventDefault();
    const owner = new FormData(event.target).get("owner").toString().trim().toLowerCase();
    wrong.value = !isOwner(owner);
    if (!wrong.value) wish({ owner });
  };

  const draw = () => {
    const { balances: said } = words;
    const { accounts, moreBehind } = ledger.shown.value;
    return html`<section class="audit-owners"><div class="audit-head"><h2>${said.title}</h2></div>
      <p class="faint">${said.pseudonym}</p>
      <form class="row" @submit=${find}><label>${said.find}<input name="owner" autocomplete="off" spellcheck="false" aria-invalid=${wrong.value ? "true" : null}></label>
        <button class="quiet">${said.look}</button></form>
      ${wrong.value ? html`<p class="danger" role="alert">${said.wrong}</p>` : null}
      ${accounts.length ? table(accounts) : moreBehind ? null : html`<p class="empty">${said.empty}</p>`}
      ${moreBehind ? html`<button type="button" class="quiet" disabled=${ledger.asking.value} @click=${ledger.more}>${said.more}</button>` : null}</section>`;
  };

  const table = (accounts) => {
    const { columns, open } = words.balances;
    const { query } = route.value;
    return html`<table class="facts"><thead><tr><th>${columns.owner}</th><th class="amount">${columns.available}</th><th class="amount">${columns.reserved}</th>
      <th class="amount">${columns.spent}</th><th class="amount">${columns.position}</th></tr></thead>
      <tbody>${accounts.map(({ owner, available, reserved, spent, position }) => keyed(owner, html`<tr>
        <td><a class="id" href=${href("auditor", [], { ...query, owner })} aria-label=${open(owner)}>${owner}</a></td>
        <td class="amount" data-label=${columns.available}>${credits(available)}</td><td class="amount" data-label=${columns.reserved}>${credits(reserved)}</td>
        <td class="amount" data-label=${columns.spent}>${credits(spent)}</td><td class="amount" data-label=${columns.position}>${Number(position).toLocaleString()}</td></tr>`))}</tbody></table>`;
  };
  return { draw };
}
