// Whether anybody is there to do what waits, asked now and then while something does.

import { run } from "../../core/client.js";
import { html } from "../../core/template.js";
import { state, tell } from "../../store.js";
import { ago } from "../../wording.js";
import { words } from "../../words/en/queue.js";

const AGAIN_MS = 30_000;

/** Keeps what is known of it fresh until the page is left, and draws what is to be said. */
export function attending(onLeave) {
  const waits = () => [...state.jobs.values()].some((job) => job.state === "REQUESTED");
  const ask = () => {
    if (!waits() || document.visibilityState !== "visible") return;
    // Not known is not "nobody": what was known stands.
    run("Catalogue").then((catalogue) => tell({ catalogue }), () => {});
  };
  ask();
  const asking = setInterval(ask, AGAIN_MS);
  onLeave(() => clearInterval(asking));
  return () => {
    const { workersAlive, noWorkerSince } = state.catalogue.attendance ?? {};
    if (workersAlive !== 0 || !waits()) return null;
    return html`<p class="note" role="status">${noWorkerSince ? words.nobodySince(ago(noWorkerSince)) : words.nobody}</p>`;
  };
}
