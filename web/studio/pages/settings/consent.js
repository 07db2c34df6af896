// What a twin's owner has consented to, and the way back: what stops, what goes, and afterwards what went.

import { intention } from "../../core/client.js";
import { href } from "../../core/router.js";
import { html } from "../../core/template.js";
import { open } from "../../parts/dialog.js";
import { signal } from "../../core/signal.js";
import { hasEnded } from "../../parts/job_words.js";
import { state } from "../../store.js";
import { seen } from "../../viewer.js";
import { credits } from "../../wording.js";
import { openHistory } from "./history.js";
import { words as shared } from "../../words/en.js";
import { words } from "../../words/en/settings.js";
import { words as withdrawal } from "../../words/en/withdrawal.js";

/** One twin's consent as an item of a list. */
export function consentCard(twin) {
  const scopes = twin.consent?.granted ? twin.consent.scopes : [];
  const offered = state.catalogue.consentText.offered;
  return html`<li class="consent-card"><h3>${twin.name}</h3>
    ${scopes.length ? html`<p class="faint">${words.version(twin.consent.textVersion)}</p>
      <ul>${scopes.map((scope) => html`<li>${offered.find((one) => one.scope === scope)?.words ?? scope}</li>`)}</ul>
      <p class="actions"><a class="button quiet" href=${href("twins", [twin.id])}>${words.change}</a>
        ${history(twin)}<button type="button" class="danger" @click=${() => withdraw(twin)}>${words.withdraw}</button></p>`
    : html`<p>${words.notGiven}</p><p class="actions">${history(twin)}</p>`}</li>`;
}

const history = (twin) => html`<button type="button" class="quiet" aria-label=${words.history.title(twin.name)} @click=${() => openHistory(twin)}>${words.history.called}</button>`;

/** Three steps: what stops, what is deleted, what is hidden; then a receipt of what was. */
export function withdraw(twin) {
  const before = countsOf(twin);
  const step = signal(0);
  const problem = signal("");
  const done = signal(null);
  const isAsking = signal(false);
  const command = intention("WithdrawConsent");
  const { steps } = withdrawal;

  return open(withdrawal.title(twin.name), (_, { close }) => {
    const go = async () => {
      if (isAsking.value) return;
      isAsking.value = true;
      problem.value = "";
      try {
        const answer = await command({ twin: twin.id });
        await seen(answer.position);
        done.value = before;
      } catch (error) {
        problem.value = error.message;
      } finally {
        isAsking.value = false;
      }
    };
    return () => {
      if (done.value) {
        return html`<div role="status"><h3>${withdrawal.receipt.title}</h3><ul>
          <li>${withdrawal.receipt.jobs(done.value.jobs)}</li><li>${withdrawal.receipt.returned(credits(done.value.held))}</li>
          <li>${withdrawal.receipt.photos(done.value.photos)}</li><li>${withdrawal.receipt.twin(done.value.isTrained)}</li>
          <li>${withdrawal.receipt.hidden}</li></ul><p class="faint">${withdrawal.receipt.proof} ${withdrawal.receipt.stays}</p>
          <div class="actions"><a class="button quiet" href=${href("gallery", [], { show: "hidden" })} @click=${() => close(true)}>${withdrawal.receipt.decide}</a>
            <button type="button" @click=${() => close(true)}>${shared.dialog.close}</button></div></div>`;
      }
      const isLast = step.value === steps.length - 1;
      return html`<p class="faint">${withdrawal.at(step.value + 1, steps.length)}</p><h3>${steps[step.value].title}</h3>
        <p>${steps[step.value].text(before)}</p><p class="danger" role="alert">${problem.value}</p>
        <div class="actions"><button type="button" class="quiet" @click=${() => close(false)}>${shared.dialog.cancel}</button>
          ${isLast ? html`<button type="button" class="danger" disabled=${isAsking.value} @click=${go}>${withdrawal.action}</button>`
            : html`<button type="button" @click=${() => { step.value += 1; }}>${withdrawal.next}</button>`}</div>`;
    };
  });
}

function countsOf(twin) {
  const open = [...state.jobs.values()].filter((job) => job.twin === twin.id && !hasEnded(job));
  return {
    jobs: open.length,
    held: open.reduce((sum, job) => sum + job.quoted, 0),
    photos: twin.photos.length,
    isTrained: Boolean(twin.trained),
  };
}
