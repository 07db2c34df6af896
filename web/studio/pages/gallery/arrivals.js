// What comes live into the gallery: single items, each where it belongs, and nothing is asked for again.

import { hear } from "../../arrivals.js";
import { signal } from "../../core/signal.js";
import { fits } from "./wishes.js";

/**
 * Follows the gallery's feed. What is new comes in at once where `isAtTop()`, and otherwise waits in
 * `fresh` until it is let in. `again()` begins anew, where the line was away for too long to
 * be told. What `held()` names is being looked at: it stays, whatever it is now. `stacks` knows which
 * items one tile stands for.
 */
export function arrivals({ holdings, loading, stacks, wishes, isAtTop, held, again, changed }) {
  /** @type {{ value: object[] }} */
  const fresh = signal([]);

  const take = {
    AssetReleased({ asset }) {
      if (!fits(asset, wishes()) || holdings.get(asset.id)) return;
      if (isAtTop()) stacks.put(asset, again);
      else fresh.value = [...fresh.value.filter(({ id }) => id !== asset.id), asset];
    },
    AssetChanged({ asset }) {
      if (fresh.value.some(({ id }) => id === asset.id)) fresh.value = fresh.value.map((one) => (one.id === asset.id ? asset : one));
      else if (!holdings.get(asset.id)) cameIn(asset);
      else if (fits(asset, wishes()) || asset.id === held()) holdings.change(asset.id, asset);
      else stacks.drop(asset.id, again);
    },
    AssetGone({ id }) {
      fresh.value = fresh.value.filter((one) => one.id !== id);
      // What lies in the trash, or is hidden, is out of sight everywhere but here.
      if (!wishes().show) stacks.drop(id, again);
    },
    LabelsChanged({ tags, collections }) { loading.labels.value = { tags, collections }; },
    BulkChangeChanged({ bulkChange }) { changed(bulkChange); },
    GallerySnapshot(_, { isAnew }) { if (isAnew) again(); },
  };

  // It fits only now, as what was restored.
  function cameIn(asset) {
    if (!fits(asset, wishes()) || stacks.isUnder(asset)) return;
    if (stacks.isOn()) stacks.soon(again);
    else if (holdings.isWholeAround(asset)) holdings.put(asset);
  }

  return {
    fresh,
    /** Lets in what waits. */
    letIn() {
      for (const asset of fresh.value.toReversed()) stacks.put(asset, again);
      fresh.value = [];
    },
    leave: hear("WatchGallery", (event, told) => {
      if (loading.status.value === "there") take[event.__typename]?.(event, told);
    }),
  };
}
