// Who is signed in: asked again whenever a write may have changed it.

import { Refused, run } from "./core/client.js";
import { forgetPerson, kept } from "./core/kept.js";
import { state, tell } from "./store.js";

/** Asks again who the viewer is, from `minPosition` on, and tells the page. */
export async function refreshViewer(minPosition = null) {
  try {
    const viewer = await run("Viewer", { minPosition });
    onlyOf(viewer);
    if (isOlder(viewer, state.viewer)) return;
    tell({ viewer, wallet: viewer.wallet });
  } catch (error) {
    // Any other refusal, as of a studio that has yet to catch up, says nothing of who is here.
    if (!(error instanceof Refused) || error.code !== "NOT_SIGNED_IN") throw error;
    tell({ viewer: null });
  }
}

/** After a write that is done: where it cannot be seen yet, the feed tells it. */
export function seen(position) {
  return refreshViewer(position).catch(() => {});
}

// What somebody else has left at this browser is forgotten, however they left.
function onlyOf({ id }) {
  const whose = kept("person", null);
  if (whose.value === id) return;
  if (whose.value) forgetPerson();
  whose.value = id;
}

// The feed may have told meanwhile what this answer does not know yet.
function isOlder(answer, known) {
  return known?.id === answer.id && Number(answer.position) < Number(known.position);
}
