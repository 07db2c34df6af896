// The large view of a picture: loaded when one is opened, or when the first pictures of the list are there.

import { effect, untracked } from "../../core/signal.js";
import { complain } from "../../core/toasts.js";
import { words as shared } from "../../words/en.js";

/** `given` is the lightbox's, and `isWhole`: nothing else is waited for. Returns the function that ends it. */
export function largeView(given) {
  let [isAsked, isOver] = [false, false];
  let end = () => {};
  const load = async () => {
    if (isAsked) return;
    isAsked = true;
    try {
      const { lightbox } = await import("../../parts/lightbox.js");
      if (!isOver) end = lightbox(given);
    } catch {
      isAsked = false;
      if (given.opened.value && !isOver) complain(shared.away.title);
    }
  };
  const stop = effect(() => { if (given.opened.value || given.isWhole.value) untracked(load); });
  return () => {
    isOver = true;
    stop();
    end();
  };
}
