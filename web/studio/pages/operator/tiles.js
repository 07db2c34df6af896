// The numbers that an operator looks at first. Which of them need them, the studio says.

import { html, keyed } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/operator.js";

/** The tiles of this look. */
export function tiles(now) {
  const { tiles: said, more, span, count } = words;
  const { waiting, running, readModels, machines } = now;
  const workers = machines.filter(({ draws }) => draws).length;
  const screeners = machines.length - workers;
  const needs = (concern) => now.concerns.includes(concern);
  const shown = [
    [said.waiting, count(waiting.count), said.running(running.count), false],
    [said.oldest, waiting.count ? span(waiting.oldestS) : "–", waiting.count ? "" : said.nobody, needs("WAITS_TOO_LONG")],
    [said.workers, count(workers), workers ? said.screeners(screeners) : said.noWorker, needs("NO_WORKER")],
    [said.lag, readModels.events ? span(readModels.seconds) : "0 s", readModels.events ? said.events(readModels.events) : said.inTime, needs("READ_MODELS_BEHIND")],
    [said.parked, count(now.parkedInAll), now.parkedInAll ? "" : said.none, needs("PARKED")],
    [said.failures, count(now.failedInAnHour), now.failedInAnHour ? "" : said.noneFailed, needs("FAILED_LATELY")],
  ];
  return html`<h2 class="visually-hidden">${said.title}</h2>
    <dl class="operator-tiles">${shown.map(([name, value, note, isBad]) => keyed(name, html`<div class=${isBad ? "is-bad" : ""}>
      <dt>${name}</dt><dd><strong>${value}</strong>
      ${isBad ? html`<span class="danger">${icon("warning")} ${said.attention}${note ? ` · ${note}` : ""}</span>` : html`<span class="faint">${note}</span>`}</dd></div>`))}</dl>
    ${needs("OVERDUE") ? html`<p class="danger">${icon("warning")} ${more.overdue(now.overdue)}</p>` : null}
    ${needs("LEDGER_BROKEN") ? html`<p class="danger">${icon("warning")} ${more.ledger(now.ledgerRulesBroken)}</p>` : null}`;
}
