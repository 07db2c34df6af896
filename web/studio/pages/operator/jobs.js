// Jobs by state, the longest first, and those that failed last. Whose they are is a pseudonym.

import { route, wish } from "../../core/router.js";
import { html, keyed } from "../../core/template.js";
import { time } from "../../wording.js";
import { words } from "../../words/en/operator.js";

const TABS = ["all", "REQUESTED", "STARTED", "RENDERED", "FAILED"];

/** Answers `draw(now)`. The state that is shown stands in the address. */
export function jobs() {
  const draw = (now) => {
    const { jobs: said } = words;
    const chosen = TABS.includes(route.value.query.state) ? route.value.query.state : "all";
    const shown = chosen === "FAILED" ? now.failures
      : chosen === "all" ? now.jobs
        : now.jobs.filter(({ state }) => state === chosen || (chosen === "RENDERED" && state === "SCREENED"));
    return html`<section><div class="operator-head"><h2>${said.title}</h2>
        <fieldset class="tabs"><legend class="visually-hidden">${said.show}</legend>${TABS.map((name) => keyed(name, html`
          <button type="button" aria-pressed=${String(name === chosen)} @click=${() => wish({ state: name === "all" ? null : name })}>${said.states[name]}</button>`))}</fieldset></div>
      ${shown.length ? table(shown, Date.parse(now.at)) : html`<p class="faint">${said.none}</p>`}
      <p class="faint">${said.first}</p></section>`;
  };
  return { draw };
}

function table(shown, now) {
  const { columns } = words.jobs;
  return html`<table class="facts"><thead><tr><th>${columns.job}</th><th>${columns.owner}</th><th>${columns.kind}</th><th>${columns.engine}</th>
    <th>${columns.state}</th><th class="amount">${columns.since}</th></tr></thead>
    <tbody>${shown.map((job) => keyed(job.id, row(job, now)))}</tbody></table>`;
}

function row({ id, owner, kind, engine, state, attempt, count, since, failure }, now) {
  const { jobs: said, span } = words;
  const { columns } = said;
  const called = typeof said.kinds[kind] === "function" ? said.kinds[kind](count) : said.kinds[kind];
  const stands = failure ? said.failures[failure] ?? said.states.FAILED : said.states[state];
  const lasting = span((now - Date.parse(since)) / 1000);
  return html`<tr><td class="id" title=${id}>${id.slice(0, 8)}</td><td class="id" data-label=${columns.owner}>${owner}</td>
    <td data-label=${columns.kind}>${called}</td><td data-label=${columns.engine}>${engine}</td>
    <td data-label=${columns.state} class=${state === "FAILED" ? "danger" : ""}>${stands}${attempt > 1 ? ` · ${said.attempt(attempt)}` : ""}</td>
    <td class="amount" data-label=${columns.since} title=${time(since)}>${state === "FAILED" ? said.ago(lasting) : lasting}</td></tr>`;
}
