// Where a person is signed in, and the end of any of it.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { ago, time } from "../../wording.js";
import { words as shared } from "../../words/en.js";
import { words as settings } from "../../words/en/settings.js";

const words = settings.sessions;
/** As many as are asked for. */
const LISTED_MAX = 50;

/** Answers `{ draw, look }`: what draws the list, and what has it looked at anew. */
export function sessionList() {
  const found = signal(null);
  const problem = signal("");
  const said = signal("");
  const isAsking = signal(false);
  let heading = null;
  let asked = 0;

  const look = async () => {
    asked += 1;
    const turn = asked;
    try {
      const { sessions } = await run("Sessions");
      // An answer of before says who was there then.
      if (turn !== asked) return;
      found.value = sessions;
      problem.value = "";
    } catch (error) {
      if (turn === asked) problem.value = error.message;
    }
  };
  const end = async (event, action) => {
    heading = event.currentTarget.closest("section").querySelector("h2");
    if (isAsking.value) return;
    isAsking.value = true;
    said.value = "";
    problem.value = "";
    try {
      const { ended } = await action();
      await look();
      said.value = words.ended(Number(ended));
      // The button is gone with its session.
      heading.focus();
    } catch (error) {
      problem.value = error.message;
    } finally {
      isAsking.value = false;
    }
  };
  const endOne = (event, { id }) => end(event, () => run("EndSession", { input: { session: id } }));
  const endOthers = (event) => end(event, () => run("EndOtherSessions"));

  const row = (one) => {
    const device = words.device(one.browser, one.system);
    return html`<li><div><strong>${device}</strong> ${one.isThisOne ? html`<span class="badge">${words.this}</span>` : null}
      <small title=${time(one.lastSeenAt)}>${words.seen(ago(one.lastSeenAt))} · ${words.opened(ago(one.openedAt))}</small></div>
      ${one.isThisOne ? null : html`<button type="button" class="quiet" disabled=${isAsking.value} aria-label=${words.endOf(device)}
        @click=${(event) => endOne(event, one)}>${words.end}</button>`}</li>`;
  };

  look();
  return {
    look,
    draw: () => html`<section><h2 tabindex="-1">${words.title}</h2>
      ${found.value ? html`<ul class="sessions">${found.value.map((one) => keyed(one.id, row(one)))}</ul>` : html`<div class="skeleton sessions-skeleton"></div>`}
      ${found.value?.length === LISTED_MAX ? html`<p class="faint">${words.many(LISTED_MAX)}</p>` : null}
      ${found.value?.length > 1 ? html`<p><button type="button" class="danger" disabled=${isAsking.value} @click=${endOthers}>${words.endOthers}</button></p>` : null}
      <p role="status">${said.value}</p>
      <div role="alert">${problem.value ? html`<p class="danger">${problem.value}</p><p><button type="button" class="quiet" @click=${look}>${shared.again}</button></p>` : null}</div></section>`,
  };
}
