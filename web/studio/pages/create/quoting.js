// The price, asked for a moment after the last change; the last one stays while it is asked for.

import { run } from "../../core/client.js";
import { effect, signal, untracked } from "../../core/signal.js";

const QUIET_MS = 150;

/**
 * Follows `asked`, which holds the variables of a quote, or null where none can be asked for now.
 * Answers a signal `{ millicredits, priceVersion, prompt, negativePrompt, isAsking, problem, of }`, and what
 * asks at once and answers whether there is a price: `of` is the question that it answers.
 */
export function quoting(asked, onLeave) {
  const quote = signal({ millicredits: null, priceVersion: null, prompt: null, negativePrompt: null, isAsking: false, problem: null, of: null });
  const told = (part) => { quote.value = { ...untracked(() => quote.value), ...part }; };
  let waiting = 0;
  let turn = 0;
  const ask = async () => {
    clearTimeout(waiting);
    const question = untracked(() => asked.value);
    turn += 1;
    const own = turn;
    if (!question) return false;
    told({ isAsking: true });
    try {
      const answer = await run("Quote", question);
      // Answers may overtake each other: only the newest question counts.
      if (own === turn) told({ ...answer, isAsking: false, problem: null, of: JSON.stringify(question) });
    } catch (error) {
      if (own === turn) told({ isAsking: false, problem: error });
    }
    return own === turn && quote.value.problem === null;
  };
  let before = null;
  onLeave(effect(() => {
    const question = JSON.stringify(asked.value);
    if (question === before) return;
    before = question;
    clearTimeout(waiting);
    turn += 1;
    if (question === "null") {
      told({ isAsking: false });
      return;
    }
    told({ isAsking: true });
    waiting = setTimeout(ask, QUIET_MS);
  }));
  onLeave(() => { clearTimeout(waiting); turn += 1; });
  return { quote, ask };
}
