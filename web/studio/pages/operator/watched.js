// How the studio is, asked again and again while somebody looks at it, and not while the tab is hidden.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";

const AGAIN_MS = 5_000;

/** `seen` is the last answer, `broken` why there is none newer, `look()` asks now. */
export function watched({ onLeave }) {
  const seen = signal(null);
  const broken = signal(null);
  let waiting = null;
  let isAsking = false;
  let isLeft = false;

  const look = async () => {
    clearTimeout(waiting);
    if (isAsking || isLeft || document.hidden) return;
    isAsking = true;
    try {
      seen.value = await run("Operations");
      broken.value = null;
    } catch (error) {
      broken.value = error;
    } finally {
      isAsking = false;
    }
    // Who is no operator any more is not told so again and again.
    if (!isLeft && broken.value?.code !== "NOT_FOUND") waiting = setTimeout(look, AGAIN_MS);
  };
  document.addEventListener("visibilitychange", look);
  onLeave(() => {
    isLeft = true;
    clearTimeout(waiting);
    document.removeEventListener("visibilitychange", look);
  });
  look();
  return { seen, broken, look };
}
