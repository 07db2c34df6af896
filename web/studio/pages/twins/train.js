// The last step: what the training costs, and what is missing for it.

import { intention, run } from "../../core/client.js";
import { go, href } from "../../core/router.js";
import { effect, signal, untracked } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { trainingEngine } from "../../engines.js";
import { priceButton } from "../../parts/price_button.js";
import { state } from "../../store.js";
import { seen } from "../../viewer.js";
import { words as shared } from "../../words/en.js";
import { words as twins } from "../../words/en/twins.js";

const words = twins.train;

/** Answers `draw(twin)`. */
export function trainStep(id, { onLeave }) {
  const quote = signal(null);
  const problem = signal("");
  const isAsking = signal(false);
  const start = intention("StartTwinTraining");
  const engine = trainingEngine();

  const ask = async () => {
    try {
      quote.value = await run("Quote", { training: { twin: id, engine } });
    } catch (error) {
      problem.value = error.message;
    }
  };
  const isReady = () => state.viewer?.twins.edges.find(({ node }) => node.id === id)?.node.status === "PHOTOS_ACCEPTED";
  onLeave(effect(() => { if (isReady() && !quote.value) untracked(ask); }));

  const begin = async () => {
    const from = location.hash;
    isAsking.value = true;
    problem.value = "";
    try {
      const { position } = await start({ twin: id, engine, priceVersion: quote.value.priceVersion });
      await seen(position);
      go(href("twins", [id, "training"]), { from });
    } catch (error) {
      problem.value = error.message;
      // The price has changed meanwhile: it is asked for anew, and shown before it is paid.
      await ask();
    } finally {
      isAsking.value = false;
    }
  };

  return (twin) => {
    if (twin.status === "TRAINING") {
      return html`<section><p>${twins.list.statuses.TRAINING}</p><p><a class="button" href=${href("twins", [id, "training"])}>${twins.list.training}</a></p></section>`;
    }
    const price = quote.value?.millicredits ?? null;
    const missing = price === null ? 0 : price - (state.wallet?.available ?? 0);
    const reason = price === null ? "" : missing > 0
      ? html`${words.short(missing)} <a href=${href("credits", [], { need: price, from: "twins" })}>${words.buy}</a>` : isAsking.value ? "" : null;
    return html`<section><h3>${words.title}</h3><p>${words.from(twin.photos.length)} ${words.text}</p>
      ${priceButton({ action: words.action, millicredits: price, reason, onPress: begin })}
      <p class="danger" role="alert">${problem.value}</p>
      ${problem.value && price === null ? html`<p><button type="button" class="quiet" @click=${() => { problem.value = ""; ask(); }}>${shared.again}</button></p>` : null}</section>`;
  };
}
