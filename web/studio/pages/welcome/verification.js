// Identity and age: what the provider has said, and what can be done about it.

import { intention } from "../../core/client.js";
import { href, route } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { state } from "../../store.js";
import { refreshViewer } from "../../viewer.js";
import { ago, time } from "../../wording.js";
import { words as shared } from "../../words/en/welcome.js";

const words = shared.verification;

/** Answers what draws the panel; the provider's decision arrives by the account's feed. */
export function verification({ onLeave }) {
  const problem = signal("");
  const isLeaving = signal(false);
  const start = intention("StartVerification");

  // Back from the provider's page brings this one as it was left.
  const returned = (event) => { if (event.persisted) isLeaving.value = false; };
  addEventListener("pageshow", returned);
  onLeave(() => removeEventListener("pageshow", returned));

  const begin = async () => {
    isLeaving.value = true;
    problem.value = "";
    try {
      const back = new URL(location.href);
      back.hash = href("welcome", [], { checked: 1 });
      location.assign((await start({ returnUrl: back.href })).redirectUrl);
    } catch (error) {
      problem.value = error.message;
      isLeaving.value = false;
    }
  };
  const look = () => refreshViewer().catch((error) => { problem.value = error.message; });
  const button = (text, kind = null) => html`<button type="button" class=${kind} disabled=${isLeaving.value} @click=${begin}>${text}</button>`;

  const content = () => {
    const { status, reason, assurance, validUntil, startedAt, triesLeft } = state.viewer?.verification ?? {};
    const wasThere = Boolean(route.value.query.checked);
    if (status === "VERIFIED") {
      return html`<p class="good">${words.verified(new Date(validUntil).toLocaleDateString())}</p>
        ${assurance === "sandbox" ? html`<p class="faint">${words.sandbox}</p>` : null}`;
    }
    if (reason === "UNDER_AGE") return html`<p class="danger">${words.reasons.UNDER_AGE}</p><p>${words.support}</p>`;
    if (status === "PENDING" && !reason) {
      return html`<p role="status">${wasThere ? words.checking : words.pending}${startedAt ? html` <small class="faint" title=${time(startedAt)}>${words.begun(ago(startedAt))}</small>` : null}</p>
        <div class="actions">${button(words.goOn, "quiet")}<button type="button" class="quiet" @click=${look}>${words.look}</button></div>`;
    }
    if (reason) return html`<p class="danger" role="alert">${words.reasons[reason] ?? words.reasons.UNKNOWN}</p>${triesLeft === 0 ? html`<p>${words.noTries}</p>` : html`${button(words.again)}<p class="faint">${words.tries(triesLeft)}</p>`}`;
    if (status === "EXPIRED") return html`<p>${words.expired}</p>${button(words.start)}`;
    return html`<p>${words.none}</p>${button(words.start)}`;
  };
  return () => html`<section aria-label=${words.title}><h2>${words.title}</h2>${content()}
    <p class="danger" role="alert">${problem.value}</p></section>`;
}
