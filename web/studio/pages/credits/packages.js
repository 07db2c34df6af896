// The packages that can be bought, one chosen, and the way to the checkout.

import { run } from "../../core/client.js";
import { route } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { isHere } from "../../engines.js";
import { state } from "../../store.js";
import { words } from "../../words/en/credits.js";

/** Draws them; `paying` leads to the checkout of the one that is chosen. */
export function packages(paying) {
  const offers = state.catalogue.packages;
  const chosen = signal(smallestThatCovers(offers).id);
  /** What a training and one picture cost; null until that is known. */
  const prices = signal({ training: null, picture: null });
  const engine = state.catalogue.engines.find(isHere);
  const ask = (what, question) => run("Quote", question).then(({ millicredits }) => { prices.value = { ...prices.value, [what]: millicredits }; }, () => {});
  // Without them the packages say less, and can be bought all the same.
  if (engine) {
    ask("picture", { images: { engine: engine.id, count: 1 } });
    ask("training", { training: { engine: engine.id } });
  }

  return () => {
    const offer = offers.find(({ id }) => id === chosen.value);
    return html`<section><h2>${words.buy.title}</h2>
      <form @submit=${(event) => { event.preventDefault(); paying.buy(offer); }}>
        <fieldset class="packages"><legend class="visually-hidden">${words.buy.legend}</legend>
          ${offers.map((one) => keyed(one.id, html`<label class="package">
            <input type="radio" name="package" value=${one.id} .checked=${one.id === chosen.value} @change=${() => { chosen.value = one.id; }}>
            <strong>${words.buy.credits(one.millicredits)}</strong><small>${words.buy.each(one)}</small>
            <small class="faint buys">${bought(one, prices.value)}</small></label>`))}
        </fieldset>
        <p class="danger" role="alert">${paying.problem.value}</p>
        <div><button disabled=${paying.isLeaving.value}>${words.buy.action(offer)}</button></div>
        <p class="faint">${words.buy.leaving}</p>
      </form></section>`;
  };
}

function smallestThatCovers(offers) {
  const short = Number(route.value.query.need ?? 0) - (state.wallet?.available ?? 0);
  return offers.find(({ millicredits }) => millicredits >= short) ?? offers.at(-1);
}

// What comes of a package: a twin first, and pictures of it with the rest.
function bought({ millicredits }, { training, picture }) {
  if (!picture) return "";
  return training && millicredits >= training
    ? words.buy.buysTwin(Math.floor((millicredits - training) / picture)) : words.buy.buys(Math.floor(millicredits / picture));
}
