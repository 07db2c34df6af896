// The prompt: it grows with what is written, says how it will be read, and remembers what was written before.

import { html } from "../../core/template.js";
import { words } from "../../words/en/create.js";
import { promptButtons } from "./kept_prompts.js";

const own = words.prompt;

/** The field, with what the last quote said of its words. */
export function promptField(form, quote) {
  const { prompt } = form.wish.value;
  const engine = form.engine.value;
  const refusal = quote.problem?.details?.path?.[0] === "prompt" ? quote.problem.message : null;
  const flaw = refusal ?? (form.isPressed.value && form.flaws.value.prompt ? words.button.say : null);
  const write = (written) => form.change({ prompt: written, variationOf: null });
  return html`<div class="prompt">
    <label for="prompt">${own.called}</label>
    <div class="grows"><span class="grows-by" aria-hidden="true">${`${prompt}\n`}</span>
      <textarea id="prompt" name="prompt" rows="3" placeholder=${own.example} maxlength=${engine?.promptLengthMax}
        aria-describedby="prompt-said" aria-invalid=${flaw ? "true" : null} .value=${prompt}
        @input=${(event) => write(event.target.value)} @keydown=${(event) => walk(event, form, write)}></textarea></div>
    <div class="prompt-foot"><small class=${isTooLong(quote.prompt) ? "counter danger" : "counter"}>${counter(prompt, engine, quote.prompt)}</small>
      ${promptButtons(form, write)}</div>
    <div id="prompt-said">
      ${flaw ? html`<p class="danger" role="alert">${flaw}</p>` : null}
      ${read(quote.prompt)}</div>
  </div>`;
}

/** What of a text means nothing to the engine, beside it; nothing where only its weights know. */
export function read(reading) {
  if (!reading) return null;
  return html`${reading.unknownWords.length ? html`<p class="note" role="status">${own.unknown(reading.unknownWords)}</p>` : null}
    ${reading.weighted.length ? html`<p class="danger" role="alert">${own.weighted(reading.weighted)}</p>` : null}`;
}

const isTooLong = (reading) => Boolean(reading) && reading.wordsUsed > reading.wordsAllowed;

function counter(prompt, engine, reading) {
  if (prompt && reading && reading.wordsUsed !== null) return own.read(reading.wordsUsed, reading.wordsAllowed);
  return engine ? own.typed(prompt.length, engine.promptLengthMax) : "";
}

// ↑ at the very beginning goes back in what was asked for, and on from there; ↓ comes forward again.
function walk(event, form, write) {
  const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  const { target } = event;
  const earlier = form.earlier.value;
  if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const at = earlier.indexOf(target.value);
  const isWalking = at >= 0 || target.value === "";
  const isAtStart = target.selectionStart === 0 && target.selectionEnd === 0;
  if (step > 0 ? !(isAtStart || target.value === "") : !(isWalking && isAtStart)) return;
  const next = at + step;
  if (next >= earlier.length || (step < 0 && at < 0)) return;
  event.preventDefault();
  write(next < 0 ? "" : earlier[next]);
  queueMicrotask(() => target.setSelectionRange(0, 0));
}
