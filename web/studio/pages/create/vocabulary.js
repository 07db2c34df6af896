// The words of an engine that knows only some, as chips: each puts itself into the prompt, or takes itself out.

import { kept } from "../../core/kept.js";
import { html, keyed } from "../../core/template.js";
import { words } from "../../words/en/create.js";
import { plain } from "../../wording.js";

const own = words.vocabulary;
const isOpen = kept("create.vocabulary", false);

/** Null for an engine that takes any words. */
export function vocabulary(form) {
  const engine = form.engine.value;
  if (!engine.phrases.length) return null;
  return html`<details class="vocabulary" .open=${isOpen.value} @toggle=${(event) => { isOpen.value = event.currentTarget.open; }}>
    <summary>${own.called(engine.title)}</summary>
    ${engine.phrases.map((group) => keyed(group.name, chips(form, group, engine.promptLengthMax)))}</details>`;
}

function chips(form, { name, phrases }, most) {
  const called = own.groups[name] ?? plain(name);
  const { prompt } = form.wish.value;
  const there = partsOf(prompt);
  const press = (phrase) => form.change({ prompt: there.includes(phrase) ? without(prompt, phrase) : and(prompt, phrase), variationOf: null });
  // One of a group is reached by Tab, the others from it by arrows.
  const first = phrases.find((phrase) => there.includes(phrase)) ?? phrases[0];
  return html`<div class="phrases" role="group" aria-label=${called} @keydown=${walk}><span aria-hidden="true">${called}</span>
    ${phrases.map((phrase) => keyed(phrase, html`<button type="button" class="phrase" tabindex=${phrase === first ? "0" : "-1"}
      aria-pressed=${there.includes(phrase) ? "true" : "false"} disabled=${!there.includes(phrase) && and(prompt, phrase).length > most}
      @click=${() => press(phrase)}>${phrase}</button>`))}</div>`;
}

function walk(event) {
  const all = [...event.currentTarget.querySelectorAll("button:enabled")];
  const at = all.indexOf(event.target);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -at, End: all.length - 1 - at }[event.key];
  if (step === undefined || at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  all[(at + step + all.length) % all.length].focus();
}

/** What a prompt says between its commas, as an engine reads it: in small letters. */
const partsOf = (prompt) => prompt.split(",").map((part) => part.trim().toLowerCase());

const and = (prompt, phrase) => {
  const before = prompt.replace(/[\s,]+$/, "");
  return before ? `${before}, ${phrase}` : phrase;
};

// Whatever else was written stays as it was.
const without = (prompt, phrase) => prompt.split(",").filter((part) => part.trim().toLowerCase() !== phrase).join(",").trim();
