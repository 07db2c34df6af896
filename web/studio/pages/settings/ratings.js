// How strong what is shown in the gallery may be, and what becomes of what is stronger.

import { html } from "../../core/template.js";
import { above, cap, RATINGS } from "../../parts/ratings.js";
import { words } from "../../words/en/settings.js";

/** The choices. They hold for this browser, which is said. */
export function ratings() {
  const { rating } = words;
  return html`<section><h2>${rating.title}</h2>
    <div class="choices-of-looks">
      <fieldset class="radios"><legend>${rating.cap}</legend>${RATINGS.map((one) => html`
        <label><input type="radio" name="cap" value=${one} .checked=${cap.value === one} @change=${() => { cap.value = one; }}>${rating.ratings[one]}</label>`)}</fieldset>
      <fieldset class="radios" disabled=${cap.value === RATINGS.at(-1)}><legend>${rating.above}</legend>${Object.entries(rating.aboves).map(([name, called]) => html`
        <label><input type="radio" name="above" value=${name} .checked=${above.value === name} @change=${() => { above.value = name; }}>${called}</label>`)}</fieldset></div>
    <p class="faint">${rating.where}</p></section>`;
}
