// Who is signed in: asked again whenever a write may have changed it.

import { Refused, run } from "./core/client.js";
import { state, tell } from "./store.js";

/** Asks again who the viewer is, from `minPosition` on, and tells the page. */
export async function refreshViewer(minPosition = null) {
  try {
    const viewer = await run("Viewer", { minPosition });
    if (isOlder(viewer, state.viewer)) return;
    tell({ viewer, wallet: viewer.wallet });
  } catch (error) {
    // Any other refusal, as of a studio that has yet to catch up, says nothing of who is here.
    if (!(error instanceof Refused) || error.code !== "NOT_SIGNED_IN") throw error;
    tell({ viewer: null });
  }
}

// The feed may have told meanwhile what this answer does not know yet.
function isOlder(answer, known) {
  return known?.id === answer.id && Number(answer.position) < Number(known.position);
}
