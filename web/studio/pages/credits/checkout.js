// The way to the provider's page. What is open already is paid there, and nothing is bought a second time:
// not by another tab, not after an answer that got lost, not after a reload.

import { command, randomUuid, Refused, run } from "../../core/client.js";
import { kept } from "../../core/kept.js";
import { href, route } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { state } from "../../store.js";

/** The key of what was asked for and not answered, of each package. */
const keys = kept("draft.buying", null);
const OVER = new Set(["ALREADY_DECIDED", "NOT_FOUND"]);
/** The purchase that somebody left for the checkout of. */
export const leftFor = kept("draft.paying", null);

/** Answers `buy(offer)` and `resume(purchase)`, which leave this page, and what becomes of that. */
export function checkout() {
  const problem = signal("");
  const isLeaving = signal(false);

  const leave = async (found) => {
    if (isLeaving.value) return;
    isLeaving.value = true;
    problem.value = "";
    try {
      const { purchase, checkoutUrl } = await found(comingBack());
      leftFor.value = purchase;
      location.assign(checkoutUrl);
    } catch (error) {
      problem.value = error.message;
      isLeaving.value = false;
    }
  };
  // Back from the provider's page brings this one as it was left.
  const returned = (event) => { if (event.persisted) isLeaving.value = false; };
  addEventListener("pageshow", returned);

  return {
    problem,
    isLeaving,
    buy: (offer) => leave((returnUrl) => openOr(offer, returnUrl)),
    resume: ({ id }) => leave((returnUrl) => again(id, returnUrl)),
    end: () => removeEventListener("pageshow", returned),
  };
}

// Whoever comes back is told that the payment is being confirmed.
function comingBack() {
  const back = new URL(location.href);
  back.hash = href("credits", [], { ...route.value.query, paid: 1 });
  return back.href;
}

async function again(id, returnUrl) {
  const { checkoutUrl } = await run("Checkout", { purchase: id, returnUrl });
  return { purchase: id, checkoutUrl };
}

async function openOr(offer, returnUrl) {
  const open = [...state.purchases.values()].find((one) => one.state === "STARTED" && one.package === offer.id
    && one.credits === offer.millicredits && one.priceMinorUnits === offer.priceMinorUnits && one.currency === offer.currency);
  if (!open) return bought(offer, returnUrl);
  try {
    return await again(open.id, returnUrl);
  } catch (error) {
    // It came to its end just now, or is of a provider of before: what is wished for is another.
    if (error instanceof Refused && OVER.has(error.code)) return bought(offer, returnUrl);
    throw error;
  }
}

async function bought(offer, returnUrl) {
  const key = keys.value?.[offer.id] ?? randomUuid();
  keys.value = { ...keys.value, [offer.id]: key };
  try {
    const answer = await command("BuyCredits", { package: offer.id, returnUrl }, key);
    forget(offer.id);
    const known = state.purchases.get(answer.purchase);
    // What was asked for under this key is over long since.
    return known && known.state !== "STARTED" ? await bought(offer, returnUrl) : answer;
  } catch (error) {
    if (error instanceof Refused) forget(offer.id);
    throw error;
  }
}

function forget(offer) {
  const { [offer]: _, ...others } = keys.value ?? {};
  keys.value = Object.keys(others).length ? others : null;
}
