// Why nothing can be asked for just now, and the next step out of that.

import { href } from "../../core/router.js";
import { state } from "../../store.js";
import { words } from "../../words/en/create.js";
import { oneOf } from "./wish.js";

const own = words.button;
const OF_RATING = { SUGGESTIVE: "suggestive", ADULT: "adult" };

/** @typedef {{ text: string, isBad?: boolean, action?: { text?: string, href?: string, again?: boolean } }} Obstacle */

/** What stands in the way and the next step out of it, or null. @returns {Obstacle | null} */
export function obstacle(form, quote) {
  if (state.lostAt) return { text: own.offline };
  if (state.viewer?.verification.status !== "VERIFIED") return { text: own.unverified, action: { text: own.verify, href: href("welcome") } };
  if (!form.engine.value) return { text: form.kind.value.name === "video" ? words.engine.noClips : words.engine.none };
  const twin = form.twin.value;
  const lacking = twin ? scopesLacking(form, twin) : [];
  if (lacking.length) {
    return { text: own.consent(twin.name, lacking), action: { text: own.toConsent, href: href("twins", [twin.id]) } };
  }
  if (quote.problem && quote.problem.details?.path?.[0] !== "prompt") {
    return { text: quote.problem.message, isBad: true, action: quote.problem.details ? null : { again: true } };
  }
  const missing = quote.millicredits === null || !state.wallet ? 0 : quote.millicredits - state.wallet.available;
  if (missing > 0) return { text: own.short(missing), action: { text: own.buy(missing), href: href("credits", [], { need: quote.millicredits, from: "create" }) } };
  return null;
}

/** What the twin's consent would have to cover, and does not. */
function scopesLacking(form, twin) {
  const rating = oneOf(form.engine.value.ratings, form.wish.value.rating);
  const needed = [form.kind.value.scope, OF_RATING[rating]].filter(Boolean);
  return needed.filter((scope) => !twin.consent.granted || !twin.consent.scopes.includes(scope));
}
