// Prompts to be taken up again: those that somebody has put by, and what they asked for before.

import { kept } from "../../core/kept.js";
import { html, keyed } from "../../core/template.js";
import { open } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { state } from "../../store.js";
import { words } from "../../words/en/create.js";

const own = words.prompt;
const SAVED_MAX = 100;
const held = kept("draft.saved", null);

/** The prompts that whoever is signed in has put by, the latest first. */
const saved = () => (held.value?.whose === state.viewer?.id ? held.value.prompts : []);

/** Puts a prompt by, or no longer. */
function put(prompt) {
  const others = saved().filter((one) => one !== prompt);
  const prompts = others.length < saved().length ? others : [prompt, ...others].slice(0, SAVED_MAX);
  held.value = { whose: state.viewer.id, prompts };
}

/** The buttons beside the prompt: put it by, and choose one of before. */
export function promptButtons(form, write) {
  const prompt = form.wish.value.prompt.trim();
  const isSaved = saved().includes(prompt);
  return html`<span class="prompt-acts">
    <button type="button" class=${isSaved ? "plain is-starred" : "plain"} disabled=${!prompt} aria-pressed=${isSaved ? "true" : "false"}
      aria-label=${own.save} title=${own.save} @click=${() => put(prompt)}>${icon("star")}</button>
    <button type="button" class="plain" aria-label=${own.earlier} title=${own.earlier} @click=${() => choose(form, write)}>${icon("history")}</button></span>`;
}

async function choose(form, write) {
  const chosen = await open(own.earlier, (_, { close }) => {
    const list = (prompts) => html`<ul class="earlier">${prompts.map((prompt) => keyed(prompt, html`<li>
      <button type="button" class="plain" @click=${() => close(prompt)}>${prompt}</button>
      <button type="button" class=${saved().includes(prompt) ? "plain is-starred" : "plain"} aria-pressed=${saved().includes(prompt) ? "true" : "false"}
        aria-label=${own.saveOne(prompt)} title=${own.save} @click=${() => put(prompt)}>${icon("star")}</button></li>`))}</ul>`;
    return () => {
      const [first, others] = [saved(), form.earlier.value.filter((prompt) => !saved().includes(prompt))];
      if (!first.length && !others.length) return html`<p class="faint">${own.noneEarlier}</p>`;
      return html`${first.length ? html`<h3>${own.saved}</h3>${list(first)}<p class="faint"><small>${own.savedWhere}</small></p>` : null}
        ${others.length ? html`${first.length ? html`<h3>${own.asked}</h3>` : null}${list(others)}` : null}`;
    };
  });
  if (chosen) write(chosen);
}
