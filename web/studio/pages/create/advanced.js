// What most people leave as it is: seed, steps, guidance, strength. It opens by itself where something in it is wrong.

import { html } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/create.js";
import { read } from "./prompt_field.js";
import { oneOf, PLAIN_ADVANCED } from "./wish.js";

const own = words.advanced;

/** The section; `reading` is what the last quote said of the negative prompt. */
export function advanced(form, reading) {
  const [wish, kind, engine] = [form.wish.value, form.kind.value, form.engine.value];
  const each = (field) => (typed) => form.change({ [field]: { ...wish[field], [kind.name]: typed }, variationOf: null });
  const plainly = (field) => (typed) => form.change({ [field]: typed, variationOf: null });
  return html`<details class="advanced" .open=${form.isAdvancedOpen.value}
      @toggle=${(event) => { form.isAdvancedOpen.value = event.target.open; }}>
    <summary>${own.called}</summary><div class="advanced-in">
    ${engine.negativePrompt ? html`<div><label>${words.prompt.negative}<input name="negativePrompt" autocomplete="off" maxlength=${engine.promptLengthMax}
      placeholder=${words.prompt.negativeExample} .value=${wish.negativePrompt} @input=${(event) => plainly("negativePrompt")(event.target.value)}></label>
      ${read(reading)}</div>` : null}
    ${seed(form)}
    ${setting(form, "steps", own.steps, kind.steps(engine), 1, wish.steps[kind.name], each("steps"))}
    ${setting(form, "guidance", own.guidance, engine.guidance, 0.1, wish.guidance, plainly("guidance"))}
    ${setting(form, "strength", own.strength, engine.strength, 0.05, wish.strength, plainly("strength"))}
    ${engine.ratings.length > 1 ? html`<label>${own.rating}<select name="rating" .value=${oneOf(engine.ratings, wish.rating)}
      @change=${(event) => plainly("rating")(event.target.value)}>${engine.ratings.map((rating) => html`<option value=${rating}>${own.ratings[rating]}</option>`)}</select></label>` : null}
    <button type="button" class="quiet reset" @click=${() => form.change({ ...PLAIN_ADVANCED, variationOf: null })}>${own.reset}</button>
  </div></details>`;
}

/** How much of what it begins with is drawn anew. */
export function redrawn(form) {
  const [wish, kind] = [form.wish.value, form.kind.value];
  return setting(form, "redrawn", own.redrawn, kind.sourceStrength(form.engine.value), 0.05, wish.redrawn[kind.name],
    (typed) => form.change({ redrawn: { ...wish.redrawn, [kind.name]: typed } }));
}

// A slider and a number that say the same.
function setting(form, field, called, { minimum, maximum, default: usual }, step, typed, write) {
  const id = `setting-${field}`;
  if (minimum === maximum) return null;
  return html`<div class="setting"><label for=${id}>${called}</label>
    <input type="range" aria-label=${own.slider(called)} .min=${String(minimum)} .max=${String(maximum)} .step=${String(step)} .value=${typed || String(usual)}
      @input=${(event) => write(event.target.value)}>
    ${number(form, field, id, String(usual), typed || String(usual), write)}${flaw(form, field, id)}</div>`;
}

function seed(form) {
  const { seed: typed } = form.wish.value;
  const write = (text) => form.change({ seed: text });
  return html`<div class="setting is-seed"><label for="setting-seed">${own.seed}</label>
    ${number(form, "seed", "setting-seed", own.anySeed, typed, write)}
    <button type="button" class="plain" aria-label=${own.dice} title=${`${own.dice} (Alt+D)`} @click=${() => throwDice(form)}>${icon("dice")}</button>
    <button type="button" class="plain" aria-pressed=${typed === "" ? "false" : "true"} aria-label=${own.keep}
      title=${typed === "" ? own.keep : own.free} @click=${() => (typed === "" ? throwDice(form) : write(""))}>${icon("lock")}</button>
    ${flaw(form, "seed", "setting-seed")}</div>`;
}

/** A seed by chance, of all that there are; it stays. */
export function throwDice(form) {
  form.change({ seed: String(crypto.getRandomValues(new Uint32Array(1))[0]) });
}

function number(form, field, id, placeholder, value, write) {
  const isWrong = field in form.flaws.value;
  return html`<input id=${id} name=${field} class="number" inputmode="decimal" autocomplete="off" placeholder=${placeholder} .value=${value}
    aria-invalid=${isWrong ? "true" : null} aria-describedby=${isWrong ? `${id}-flaw` : null} @input=${(event) => write(event.target.value.trim().replace(",", "."))}>`;
}

function flaw(form, field, id) {
  const found = form.flaws.value[field];
  if (!found) return null;
  const [least, most, isWhole] = found;
  return html`<p class="danger" id=${`${id}-flaw`}>${isWhole ? own.whole(least, most) : own.between(least, most)}</p>`;
}
