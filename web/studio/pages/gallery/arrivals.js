// What comes live into the gallery: single items, each where it belongs, and nothing is asked for again.

import { hear } from "../../arrivals.js";
import { signal } from "../../core/signal.js";
import { fits } from "./wishes.js";

/**
 * Follows the gallery's feed. What is new comes in at once where `isAtTop()`, and otherwise waits in
 * `fresh` until it is let in. `again()` begins anew, where the line was away for too long to
 * be told. What `held()` names is being looked at: it stays, whatever it is now.
 */
export function arrivals({ holdings, loading, wishes, isAtTop, held, again, changed }) {
  /** @type {{ value: object[] }} */
  const fresh = signal([]);
  let isFirst = true;

  const take = {
    AssetReleased({ asset }) {
      if (!fits(asset, wishes()) || holdings.get(asset.id)) return;
      if (isAtTop()) holdings.put(asset);
      else fresh.value = [...fresh.value.filter(({ id }) => id !== asset.id), asset];
    },
    AssetChanged({ asset }) {
      if (fresh.value.some(({ id }) => id === asset.id)) fresh.value = fresh.value.map((one) => (one.id === asset.id ? asset : one));
      else if (!holdings.get(asset.id)) { if (fits(asset, wishes()) && holdings.isWholeAround(asset)) holdings.put(asset); }
      else if (fits(asset, wishes()) || asset.id === held()) holdings.change(asset.id, asset);
      else holdings.drop(asset.id);
    },
    AssetGone({ id }) {
      fresh.value = fresh.value.filter((one) => one.id !== id);
      // What lies in the trash, or is hidden, is out of sight everywhere but here.
      if (!wishes().show) holdings.drop(id);
    },
    LabelsChanged({ tags, collections }) { loading.labels.value = { tags, collections }; },
    BulkChangeChanged({ bulkChange }) { changed(bulkChange); },
    GallerySnapshot() {
      if (!isFirst) again();
      isFirst = false;
    },
  };

  return {
    fresh,
    /** Lets in what waits. */
    letIn() {
      for (const asset of fresh.value.toReversed()) holdings.put(asset);
      fresh.value = [];
    },
    leave: hear("WatchGallery", (event) => {
      if (loading.status.value === "there") take[event.__typename]?.(event);
    }),
  };
}
