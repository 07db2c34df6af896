// The numbers that an operator looks at first, and which of them need them.

import { html, keyed } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/operator.js";

/** As `suite status` judges: who reads the log is behind by less than a second, but after a restart. */
const LAG_MAX_S = 30;
/** Whoever waits for longer does not believe that it comes. */
const WAIT_MAX_S = 3_600;

/** The tiles of this look. */
export function tiles(now) {
  const { tiles: said, more, span, count } = words;
  const { waiting, running, readModels, machines } = now;
  const workers = machines.filter(({ draws }) => draws).length;
  const screeners = machines.length - workers;
  const shown = [
    [said.waiting, count(waiting.count), said.running(running.count), false],
    [said.oldest, waiting.count ? span(waiting.oldestS) : "–", waiting.count ? "" : said.nobody, waiting.oldestS > WAIT_MAX_S],
    [said.workers, count(workers), workers ? said.screeners(screeners) : said.noWorker, !workers && waiting.count > 0],
    [said.lag, readModels.events ? span(readModels.seconds) : "0 s", readModels.events ? said.events(readModels.events) : said.inTime, readModels.seconds > LAG_MAX_S],
    [said.parked, count(now.parkedInAll), now.parkedInAll ? "" : said.none, now.parkedInAll > 0],
    [said.failures, count(now.failedInAnHour), now.failedInAnHour ? "" : said.noneFailed, now.failedInAnHour > 0],
  ];
  return html`<h2 class="visually-hidden">${said.title}</h2>
    <dl class="operator-tiles">${shown.map(([name, value, note, isBad]) => keyed(name, html`<div class=${isBad ? "is-bad" : ""}>
      <dt>${name}</dt><dd><strong>${value}</strong>
      ${isBad ? html`<span class="danger">${icon("warning")} ${said.attention}${note ? ` · ${note}` : ""}</span>` : html`<span class="faint">${note}</span>`}</dd></div>`))}</dl>
    ${now.overdue ? html`<p class="danger">${icon("warning")} ${more.overdue(now.overdue)}</p>` : null}
    ${now.ledgerRulesBroken ? html`<p class="danger">${icon("warning")} ${more.ledger(now.ledgerRulesBroken)}</p>` : null}`;
}
