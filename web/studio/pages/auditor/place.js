// At which position one looks: a slider, a number, a date, and the sums there.

import { wish } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { credits, time } from "../../wording.js";
import { words as shared } from "../../words/en.js";
import { words } from "../../words/en/auditor.js";

/** Answers `draw()`, and `step(by)` to the next position or the one before. */
export function place(ledger) {
  // Where somebody is going, until the answer from there is shown: the next step begins there.
  const going = signal({ to: null, from: null });
  const standsAt = () => {
    const { value: shown } = ledger.shown;
    return going.value.from === shown ? going.value.to : Math.min(Number(shown.asOf), Number(shown.head));
  };
  const move = (to) => { going.value = { to, from: ledger.shown.value }; };
  const beyond = signal(false);
  const goTo = (position) => {
    beyond.value = false;
    const head = Number(ledger.shown.value.head);
    const to = Math.min(head, Math.max(0, Math.round(position)));
    move(to);
    return wish({ at: to === head ? null : String(to) });
  };
  const step = (by) => { if (ledger.shown.value) goTo(standsAt() + by); };

  const toDate = async (event) => {
    const { valueAsNumber } = event.target;
    if (Number.isNaN(valueAsNumber)) return;
    // A field of this kind speaks of the reader's own clock.
    const position = await ledger.positionAt(new Date(event.target.value));
    if (position === null) return;
    beyond.value = position === "0";
    if (position !== "0") goTo(Number(position));
  };

  const draw = () => {
    const { place: said } = words;
    const { head, at } = ledger.shown.value;
    const position = standsAt();
    return html`<section class="audit-place" aria-busy=${String(ledger.asking.value)}><h2>${said.title}</h2>
      <p class="audit-now"><strong>${said.now(position, head)}</strong>
        <span class="faint">${at ? said.at(time(at)) : said.before}</span></p>
      <label><span class="visually-hidden">${said.slider}</span>
        <input type="range" min="0" max=${head} step="1" .value=${String(position)}
          @input=${(event) => move(Number(event.target.value))}
          @change=${(event) => goTo(Number(event.target.value))}></label>
      <div class="row">
        <button type="button" class="quiet" aria-label=${said.back} title=${`${said.back} ([)`} @click=${() => step(-1)}>${icon("back")}</button>
        <label>${said.position}<input type="number" min="0" max=${head} .value=${String(position)}
          @change=${(event) => { if (event.target.value !== "") goTo(Number(event.target.value)); }}></label>
        <button type="button" class="quiet" aria-label=${said.forward} title=${`${said.forward} (])`} @click=${() => step(1)}>${icon("forward")}</button>
        <label class="audit-date">${said.date}<input type="datetime-local" @change=${toDate}></label>
        <button type="button" class="quiet" @click=${() => { goTo(Infinity); ledger.look(""); }}>${said.newest}</button>
      </div>
      ${beyond.value ? html`<p class="danger" role="alert">${said.beyond}</p>` : null}
      ${ledger.broken.value ? html`<div class="actions"><p class="danger" role="alert">${ledger.broken.value.message}</p>
        <button type="button" class="quiet" @click=${ledger.again}>${shared.again}</button></div>` : null}
      ${sums()}</section>`;
  };

  const sums = () => {
    const { sums: said } = words;
    const { value: sums } = ledger.sums;
    const tile = (part, shown) => html`<div><dt>${said[part]}</dt><dd>${sums ? shown(sums[part]) : "–"}</dd></div>`;
    const number = (count) => count.toLocaleString();
    return html`<dl class="audit-sums" aria-busy=${String(!sums?.isDone)}>${tile("available", credits)}${tile("reserved", credits)}
      ${tile("spent", credits)}${tile("owners", number)}${tile("entries", number)}</dl>
      ${sums && !sums.isDone ? html`<p class="faint">${said.far(sums.upTo, ledger.shown.value.asOf)}</p>` : null}`;
  };
  return { draw, step };
}
