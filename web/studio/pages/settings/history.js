// What was agreed to for a twin and taken back, the newest first, with the texts and what followed.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { open } from "../../parts/dialog.js";
import { credits, plain, time } from "../../wording.js";
import { words as shared } from "../../words/en.js";
import { words as settings } from "../../words/en/settings.js";
import { words as withdrawal } from "../../words/en/withdrawal.js";

const words = settings.history;

/** Shows the history of a twin over the page. */
export function openHistory(twin) {
  return open(words.title(twin.name), () => {
    const decisions = signal(null);
    const next = signal(null);
    const problem = signal("");
    let isAsking = false;
    const look = async () => {
      if (isAsking) return;
      isAsking = true;
      problem.value = "";
      try {
        const { consentHistory } = await run("ConsentHistory", { twin: twin.id, after: next.value });
        decisions.value = [...(decisions.value ?? []), ...consentHistory.edges.map(({ node }) => node)];
        next.value = consentHistory.pageInfo.hasNextPage ? consentHistory.pageInfo.endCursor : null;
      } catch (error) {
        problem.value = error.message;
      } finally {
        isAsking = false;
      }
    };
    look();
    return () => html`
      ${decisions.value ? null : html`<div class="skeleton history-skeleton"></div>`}
      ${decisions.value?.length === 0 ? html`<p>${words.none}</p>` : null}
      <ol class="history">${(decisions.value ?? []).map((one) => keyed(`${one.at} ${one.kind}`, decision(one)))}</ol>
      ${next.value ? html`<p><button type="button" class="quiet" @click=${look}>${words.older}</button></p>` : null}
      <div role="alert">${problem.value ? html`<p class="danger">${problem.value}</p><p><button type="button" class="quiet" @click=${look}>${shared.again}</button></p>` : null}</div>`;
  });
}

function decision(one) {
  const scopes = one.scopes.map((scope) => words.scopes[scope] ?? plain(scope)).join(", ");
  const text = words.text(one.textVersion);
  return html`<li><h3>${words.kinds[one.kind] ?? plain(one.kind)}</h3>
    <p class="faint"><time datetime=${one.at}>${time(one.at)}</time></p>
    ${scopes ? html`<p>${words.about(scopes)}</p>` : null}
    ${one.textSha256 ? html`<p><button type="button" class="quiet" aria-label=${words.read(text, time(one.at))} @click=${() => openText(one.textSha256, text)}>${text}</button></p>` : null}
    ${one.receipt ? receipt(one.receipt, one.kind) : null}</li>`;
}

function receipt(told, kind) {
  const deletes = kind === "WITHDRAWN" || told.filesDeleted > 0 || told.isDeleting;
  return html`<div class="receipt"><h4>${words.receipt}</h4><ul>
    <li>${withdrawal.receipt.jobs(told.jobsStopped)}</li><li>${withdrawal.receipt.returned(credits(told.creditsReturned))}</li>
    ${deletes ? html`<li>${words.deleted(told.filesDeleted, told.deletedAt ? time(told.deletedAt) : "")}</li>` : null}
    ${deletes && kind !== "WITHDRAWN" ? html`<li>${words.keeps}</li>` : null}
    ${told.isDeleting ? html`<li>${words.deleting}</li>` : null}</ul>
    <p class="faint">${withdrawal.receipt.proof}</p></div>`;
}

/** Shows a text over the page, word for word. */
function openText(sha256, title) {
  return open(title, () => {
    const text = signal("");
    const problem = signal("");
    run("AgreedText", { sha256 }).then((found) => { text.value = found?.text ?? words.gone; }).catch((error) => { problem.value = error.message; });
    return () => html`<div class="agreed-text" tabindex="0">${text.value}</div><p class="danger" role="alert">${problem.value}</p>
      <p class="faint id">${sha256}</p>`;
  });
}
