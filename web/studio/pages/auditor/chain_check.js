// The chain, checked in this browser by a worker beside the page: how far it is, and what it found.

import { kept } from "../../core/kept.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/auditor.js";
import { addedUp } from "./added_up.js";
import { takeHome } from "./take_home.js";
import { agrees, verdict } from "./verdict.js";

const LEDGER = "/audit/ledger.jsonl";
const LOOKS_MAX = 4;
const LOOK_AGAIN_MS = 1_500;
const HEAD = /^[0-9a-f]{64}$/;

/** Answers `draw()`. What was begun ends when the page is left. */
export function chainCheck({ onLeave }) {
  // A head is nobody's: it stays with the browser whoever signs in.
  const noted = kept("audit.head", "");
  const progress = signal(null);
  const found = signal(null);
  const trouble = signal(null);
  const isWrong = signal(false);
  let worker = null;

  const stop = () => {
    worker?.terminate();
    worker = null;
    progress.value = null;
  };
  onLeave(stop);

  const hear = {
    refused: (status) => { trouble.value = status === 404 ? words.chain.gone : words.chain.busy; },
    brokenAt: (rows) => { trouble.value = words.chain.lost(rows); },
    report: (report, { seconds }) => {
      found.value = { ...report, seconds, asked: noted.value, ledger: null };
      compare(report);
    },
  };

  // What the studio itself says that all have at the copy's end. Its read models come a moment after the log.
  const compare = async (report) => {
    for (let look = 1; look <= LOOKS_MAX; look += 1) {
      const ledger = await addedUp(String(report.position)).catch(() => null);
      if (found.value?.link !== report.link) return;
      if (ledger && (agrees(report, ledger) || look === LOOKS_MAX)) {
        found.value = { ...found.value, ledger };
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  };

  const check = () => {
    const head = noted.value.trim().toLowerCase();
    isWrong.value = head !== "" && !HEAD.test(head);
    if (isWrong.value) return;
    stop();
    [found.value, trouble.value] = [null, null];
    progress.value = { rows: 0, total: 0, found: 0 };
    const own = worker = new Worker(new URL("./chain_worker.js", import.meta.url), { type: "module" });
    own.onerror = () => { if (own === worker) { stop(); trouble.value = words.chain.busy; } };
    own.onmessage = ({ data }) => {
      if (own !== worker) return;
      const ended = Object.keys(hear).find((name) => name in data);
      if (!ended) {
        progress.value = data;
        return;
      }
      stop();
      hear[ended](data[ended], data);
    };
    own.postMessage({ address: new URL(LEDGER, location.href).href, noted: head });
  };

  const draw = () => {
    const { chain: said } = words;
    return html`<section class="audit-chain"><h2>${said.title}</h2><p>${said.text}</p>
      <form @submit=${(event) => { event.preventDefault(); check(); }}>
        <label>${said.noted}<input class="id" autocomplete="off" spellcheck="false" aria-invalid=${isWrong.value ? "true" : null}
          .value=${noted.value} @change=${(event) => { noted.value = event.target.value.trim(); }}></label>
        ${isWrong.value ? html`<p class="danger" role="alert">${said.wrong}</p>` : null}
        <div class="actions">${progress.value
          ? html`<button type="button" class="quiet" @click=${stop}>${said.stop}</button>`
          : html`<button>${icon("auditor")}${said.check}</button>`}</div></form>
      ${progress.value ? going(progress.value) : null}
      ${trouble.value ? html`<p class="danger" role="alert">${icon("warning")} ${trouble.value}</p>` : null}
      ${found.value ? verdict(found.value, noted) : null}
      ${takeHome(LEDGER, found.value?.findingsInAll === 0 ? found.value.link : noted.value)}</section>`;
  };
  return { draw };
}

function going({ rows, total, found }) {
  const { chain: said } = words;
  return html`<div class="audit-progress"><progress max=${total || 1} .value=${rows} aria-label=${said.progress}></progress>
    <p>${said.far(rows, total)}${found ? html` · <span class="danger">${said.broken(found)}</span>` : null}</p></div>`;
}
