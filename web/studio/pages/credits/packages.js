// The packages that can be bought, one chosen, and the way to the checkout.

import { intention } from "../../core/client.js";
import { href, route } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { state } from "../../store.js";
import { words } from "../../words/en/credits.js";

/** Answers `draw()`, and `buy(id)`, which leaves for the checkout of a package. */
export function packages() {
  const offers = state.catalogue.packages;
  const chosen = signal(smallestThatCovers(offers).id);
  const problem = signal("");
  const isLeaving = signal(false);
  // One wish a package: a click after a lost answer goes to the same checkout, and pays once.
  const wishes = new Map(offers.map(({ id }) => [id, intention("BuyCredits")]));

  const buy = async (id) => {
    if (isLeaving.value) return;
    isLeaving.value = true;
    problem.value = "";
    try {
      // Whoever comes back is told that the payment is being confirmed.
      const back = new URL(location.href);
      back.hash = href("credits", [], { ...route.value.query, paid: 1 });
      const { checkoutUrl } = await wishes.get(id)({ package: id, returnUrl: back.href });
      location.assign(checkoutUrl);
    } catch (error) {
      problem.value = error.message;
      isLeaving.value = false;
    }
  };
  // Back from the provider's page brings this one as it was left.
  addEventListener("pageshow", (event) => { if (event.persisted) isLeaving.value = false; });

  const draw = () => {
    const offer = offers.find(({ id }) => id === chosen.value);
    return html`<section><h2>${words.buy.title}</h2>
      <form @submit=${(event) => { event.preventDefault(); buy(chosen.value); }}>
        <fieldset class="packages"><legend class="visually-hidden">${words.buy.legend}</legend>
          ${offers.map((one) => keyed(one.id, html`<label class="package">
            <input type="radio" name="package" value=${one.id} .checked=${one.id === chosen.value} @change=${() => { chosen.value = one.id; }}>
            <strong>${words.buy.credits(one.millicredits)}</strong><small>${words.buy.each(one)}</small></label>`))}
        </fieldset>
        <p class="danger" role="alert">${problem.value}</p>
        <div><button disabled=${isLeaving.value}>${words.buy.action(offer)}</button></div>
        <p class="faint">${words.buy.leaving}</p>
      </form></section>`;
  };
  return { draw, buy };
}

function smallestThatCovers(offers) {
  const short = Number(route.value.query.need ?? 0) - (state.wallet?.available ?? 0);
  return offers.find(({ millicredits }) => millicredits >= short) ?? offers.at(-1);
}
