// Everything that was asked for: what runs on top, what waits, what came of the rest, and what it cost.

import { hear } from "../arrivals.js";
import { hotkey } from "../core/hotkeys.js";
import { href, route } from "../core/router.js";
import { effect, signal } from "../core/signal.js";
import { html, keyed } from "../core/template.js";
import { emptyState } from "../parts/empty_state.js";
import { jobActs } from "../parts/job_acts.js";
import { hasEnded } from "../parts/job_words.js";
import { state } from "../store.js";
import { words as shared } from "../words/en.js";
import { words } from "../words/en/queue.js";
import { arrangement } from "./queue/arrangement.js";
import { attending } from "./queue/attendance.js";
import { line } from "./queue/line.js";
import { olderJobs } from "./queue/older.js";
import { row } from "./queue/row.js";

export default function queue(container, { onLeave }) {
  const older = olderJobs();
  const selected = signal(new Set());
  const cancel = jobActs(older.jobs);
  const arranged = arrangement();
  const attendance = attending(onLeave);
  onLeave(hear("WatchJobs", (event) => { if (event.__typename === "JobChanged") older.changed(event.job); }));

  const select = (id) => {
    const next = new Set(selected.value);
    if (!next.delete(id)) next.add(id);
    selected.value = next;
  };
  const jobs = () => [...new Map([...older.jobs(), ...state.jobs.values()].map((job) => [job.id, job])).values()];
  const inLine = line(cancel);
  const chosen = () => jobs().filter((job) => selected.value.has(job.id) && !hasEnded(job));
  const cancelChosen = async (otherwise) => {
    const those = chosen().length ? chosen() : [otherwise].filter((job) => job && !hasEnded(job));
    if (those.length && await cancel.ask(those)) selected.value = new Set();
  };

  const rows = () => [...container.querySelectorAll(".job")];
  const here = () => rows().find((one) => one.contains(document.activeElement)) ?? null;
  const jobHere = () => jobs().find(({ id }) => id === here()?.dataset.job);
  const step = (by) => () => {
    const all = rows();
    const at = all.indexOf(here());
    all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
  };
  onLeave(hotkey("j", words.keys.next, step(1)));
  onLeave(hotkey("k", words.keys.previous, step(-1)));
  onLeave(hotkey("x", words.keys.select, () => { const job = jobHere(); if (job && !hasEnded(job)) select(job.id); }));
  onLeave(hotkey("u", words.keys.up, () => { const job = jobHere(); if (job) inLine.up(job); }));
  onLeave(hotkey("c", words.keys.cancel, () => cancelChosen(jobHere())));

  // Who comes from an entry of the statement wants that job.
  let sought = route.value.query.job ?? null;
  onLeave(effect(() => {
    if (!sought || !jobs().some(({ id }) => id === sought)) return;
    queueMicrotask(() => {
      const found = rows().find((one) => one.dataset.job === sought);
      if (!found) return;
      sought = null;
      found.scrollIntoView({ block: "center" });
      found.focus({ preventScroll: true });
    });
  }));

  return () => {
    const known = new Map(jobs().map((job) => [job.id, job]));
    const sections = arranged.of([...known.values()]);
    const open = chosen();
    const first = inLine.first();
    return html`<div class="queue">
      ${sections.length ? null : emptyState("queue", words.none, words.noneText, html`<a class="button" href=${href("create")}>${words.create}</a>`)}
      ${attendance()}
      <div class="job-list">${sections.flatMap(({ name, rows: those }) => [
    keyed(name, html`<h2 class="job-section">${words.sections[name]} <small>${those.length}</small></h2>`),
    ...those.filter(({ id }) => known.has(id)).map(({ id, isOver }) =>
      keyed(id, row(known.get(id), { cancel, isOver, isSelected: selected.value.has(id), select, aim: arranged, isFirst: id === first, up: inLine.up })))])}</div>
      ${sections.length && older.hasMore.value ? html`<div class="older">
        ${older.problem.value ? html`<p class="danger" role="alert">${older.problem.value}</p>` : null}
        <button type="button" class="quiet" aria-busy=${older.isAsking.value ? "true" : null} @click=${older.more}>${older.problem.value ? shared.again : words.older}</button></div>` : null}
      ${open.length ? html`<div class="selection"><span role="status">${words.selected(open.length)}</span>
        <button type="button" class="danger" @click=${() => cancelChosen(null)}>${words.cancelSelected}</button>
        <button type="button" class="quiet" @click=${() => { selected.value = new Set(); }}>${words.unselect}</button></div>` : null}</div>`;
  };
}
