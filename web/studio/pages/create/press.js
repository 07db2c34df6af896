// The button, and what happens when it is pressed: asked for once, at the price that stands on it.

import { Refused } from "../../core/client.js";
import { effect, signal, untracked } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { priceButton } from "../../parts/price_button.js";
import { words as shared } from "../../words/en.js";
import { words } from "../../words/en/create.js";
import { askFor } from "./asking.js";
import { obstacle } from "./obstacle.js";
import { wasAskedFor } from "./sitting.js";
import { countOf, oneOf, requested } from "./wish.js";

const own = words.button;
/** What stands in the closed section. */
const ADVANCED = ["seed", "steps", "guidance", "strength"];

/** `{ press, draw }` for the form and its price; `container` is where what is wrong is looked for. */
export function pressing(form, { quote, ask }, container, onLeave) {
  const isSending = signal(false);
  const { problem } = form;
  // What was wrong is wrong no more, or is said again.
  onLeave(effect(() => { if (form.wish.value) untracked(() => { problem.value = ""; }); }));

  const press = async () => {
    if (isSending.value || obstacle(form, quote.value)) return;
    form.isPressed.value = true;
    form.said.value = "";
    problem.value = "";
    const flaws = Object.keys(form.flaws.value);
    if (flaws.length || form.source.value && !form.begun.value) {
      if (flaws.some((flaw) => ADVANCED.includes(flaw))) form.isAdvancedOpen.value = true;
      problem.value = flaws.every((flaw) => flaw === "prompt") && flaws.length ? "" : own.see;
      requestAnimationFrame(() => container.querySelector("[aria-invalid]")?.focus());
      return;
    }
    isSending.value = true;
    try {
      await send();
    } catch (error) {
      problem.value = await understood(error);
    } finally {
      isSending.value = false;
    }
  };

  const send = async () => {
    const [kind, engine, source] = [form.kind.value, form.engine.value, form.begun.value];
    const input = requested(form.whole.value, kind, engine, source);
    const seen = quote.value.millicredits;
    // Nobody pays more than what stood there when they pressed.
    if (quote.value.isAsking || quote.value.priceVersion === null) {
      if (!await ask()) return;
      if (seen !== null && quote.value.millicredits > seen) {
        problem.value = own.priceFound(quote.value.millicredits);
        return;
      }
    }
    const { millicredits, priceVersion } = quote.value;
    const answer = await askFor(kind.request, { ...input, priceVersion });
    const shape = engine.aspectRatios.find(({ name }) => name === oneOf(engine.aspectRatios.map((one) => one.name), input.aspectRatio));
    const { width, height } = source ?? shape;
    wasAskedFor({
      id: answer.job, kind: kind.job, engine: engine.id, twin: input.twin, state: "REQUESTED", prompt: input.prompt, quoted: answer.millicredits ?? millicredits,
      settings: { count: input.count, width, height, style: input.style }, assets: [], refusedCount: 0, requestedAt: new Date().toISOString(), endedAt: null,
    });
    form.wasAsked();
    form.isPressed.value = false;
    form.said.value = own.asked(kind.name, input.count);
  };

  const understood = async (error) => {
    if (!(error instanceof Refused)) return error.message;
    if (error.code === "PRICE_LIST_OUTDATED" && await ask()) return own.priceChanged(quote.value.millicredits);
    if (error.code === "IDEMPOTENCY_KEY_REUSED") return own.reused;
    return error.message;
  };

  const draw = () => {
    const [kind, engine] = [form.kind.value, form.engine.value];
    const stands = obstacle(form, quote.value);
    const action = isSending.value ? own.asking : own.action(kind.name, engine ? countOf(form.wish.value, kind, engine) : 1);
    return html`<div class="press">
      ${problem.value ? html`<p class="danger" role="alert">${problem.value}</p>` : null}
      ${priceButton({ action, millicredits: quote.value.millicredits, isAsking: quote.value.isAsking || isSending.value, reason: stands ? reason(stands) : null, onPress: press })}
      <p class="said" role="status">${form.said.value ? html`${form.said.value}
        <button type="button" class="plain to-results" @click=${() => container.querySelector(".results").scrollIntoView()}>${own.look}</button>` : null}</p></div>`;
  };

  /** @param {import("./obstacle.js").Obstacle} stands */
  const reason = ({ text, isBad, action }) => html`<span class=${isBad ? "danger" : ""} role=${isBad ? "alert" : null}>${text}</span>
    ${action?.href ? html`<a class="button quiet" href=${action.href}>${action.text}</a>` : null}
    ${action?.again ? html`<button type="button" class="quiet" @click=${ask}>${shared.again}</button>` : null}`;

  return { press, draw };
}
