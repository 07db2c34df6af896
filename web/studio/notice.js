// What pages say that have no place of their own for it yet.

import { complain, toast } from "./core/toasts.js";

/** Says a sentence for a while. */
export function notice(text) {
  toast(text);
}

/** Runs an action and says why if it is refused. Answers undefined then. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    complain(error.message);
    return undefined;
  }
}
