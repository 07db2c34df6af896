// The checkpoints that a training kept: one of them draws the twin, and another may be chosen.

import { intention } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { refreshViewer } from "../../viewer.js";
import { words as twins } from "../../words/en/twins.js";

const words = twins.checkpoints;

/** Answers `draw(twin)`; nothing where there is no choice. */
export function checkpoints(id) {
  const problem = signal("");
  const choose = intention("ChooseCheckpoint");
  const use = async ({ engine, step }) => {
    problem.value = "";
    try {
      await refreshViewer((await choose({ twin: id, engine, step })).position);
    } catch (error) {
      problem.value = error.message;
    }
  };
  return (twin) => {
    const known = twin.checkpoints ?? [];
    if (known.length < 2) return null;
    return html`<section><h3>${words.title}</h3><p class="faint">${words.text}</p><ul class="scopes">
      ${known.map((one) => keyed(`${one.engine} ${one.step}`, html`<li><span>${twins.training.checkpoint(one.step, one.similarity)}</span>
        ${one.chosen ? html`<strong class="good">${words.used}</strong>`
          : html`<button type="button" class="quiet" @click=${() => use(one)}>${words.use(one.step)}</button>`}</li>`))}</ul>
      <p class="danger" role="alert">${problem.value}</p></section>`;
  };
}
