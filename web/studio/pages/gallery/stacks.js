// What was made together, a batch with its variations and remixes, as one tile: what that tile stands for.

import { run } from "../../core/client.js";
import { kept } from "../../core/kept.js";
import { batch } from "../../core/signal.js";

const AT_ONCE = 100;
/** Several of a batch come one after the other. */
const SOON_MS = 400;

const isWished = kept("gallery.stacks", false);

/** Of `holdings`; `again()` begins the list anew, where what came cannot be told apart. */
export function stacks({ holdings, wishes, filter }) {
  let waiting = 0;
  const canBe = () => !wishes().stack && !wishes().show;
  const isOn = () => isWished.value && canBe();
  const topOf = (stack) => holdings.items.find((one) => one.stack === stack) ?? null;

  /** How many items the tile of this one stands for. */
  const sizeOf = (item) => (isOn() ? item?.stackSize ?? 1 : 1);

  async function inside(stack) {
    const ids = [];
    for (let after = null; ;) {
      const { gallery } = await run("GalleryTiles", { first: AT_ONCE, after, filter: { ...filter(), stack } });
      ids.push(...gallery.edges.map(({ node }) => node.id));
      if (!gallery.pageInfo.hasNextPage) return ids;
      after = gallery.edges.at(-1).cursor;
    }
  }

  return {
    canBe,
    isOn,
    toggle() { isWished.value = !isWished.value; },
    sizeOf,
    /** The ids of all that these tiles stand for: what is done with a stack is done with all of it. */
    async members(ids) {
      if (!isOn()) return ids;
      const open = ids.map((id) => holdings.get(id)).filter((item) => item?.stackSize > 1).map(({ stack }) => stack);
      const all = new Set(ids);
      for (const stack of open) for (const id of await inside(stack)) all.add(id);
      return [...all];
    },
    /** Puts what was just made where it belongs: on top of its stack, which moves along. */
    put(asset, again) {
      if (!isOn()) {
        holdings.put(asset);
        return;
      }
      const top = topOf(asset.stack);
      const isAlone = !asset.source || asset.kind === "VIDEO";
      const stackSize = sizeOf(top) + 1;
      if (top?.releasedAt > asset.releasedAt) holdings.change(top.id, { stackSize });
      else if (top) batch(() => { holdings.drop(top.id); holdings.put({ ...asset, stackSize }); });
      else if (isAlone) holdings.put({ ...asset, stackSize: 1 });
      else this.soon(again);
    },
    /** Whether an item that is not among the tiles lies under one of them. */
    isUnder: (asset) => isOn() && topOf(asset.stack) !== null,
    /** Takes a tile away; what lay under it comes into sight. */
    drop(id, again) {
      const isStack = sizeOf(holdings.get(id)) > 1;
      holdings.drop(id);
      if (isStack) this.soon(again);
    },
    soon(again) {
      clearTimeout(waiting);
      waiting = setTimeout(again, SOON_MS);
    },
    leave() { clearTimeout(waiting); },
  };
}
