// Sending what is asked for: one key for as long as the same is wished and no answer is certain, so that a
// click after a lost answer, also of a page that was reloaded, asks for nothing twice.

import { command, randomUuid, Refused } from "../../core/client.js";
import { kept } from "../../core/kept.js";

/** Sends the command `name`; throws what `command` throws. */
export async function askFor(name, input) {
  const unsure = kept("draft.asking", null);
  const wish = JSON.stringify([name, input]);
  if (unsure.value?.wish !== wish) unsure.value = { wish, key: randomUuid() };
  const { key } = unsure.value;
  const isOver = () => { if (unsure.value?.key === key) unsure.value = null; };
  try {
    const answer = await command(name, input, key);
    isOver();
    return answer;
  } catch (error) {
    if (error instanceof Refused) isOver();
    throw error;
  }
}
