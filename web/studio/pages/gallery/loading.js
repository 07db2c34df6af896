// Asks for what of a gallery is looked at: its months at once, its items where they come into sight.

import { run } from "../../core/client.js";
import { batch, signal } from "../../core/signal.js";
import { galleryFirst } from "../../pages.js";

const PAGE = 100;
const AGAIN_MS = 3_000;

/**
 * Fills `holdings`. `status` is "asking", "there" or the error that stopped it; `labels` are the tags
 * and collections there are; `undecided` how many items wait since consent was withdrawn.
 */
export function loading(holdings) {
  const status = signal(/** @type {string | Error} */ ("asking"));
  const labels = signal({ tags: [], collections: [] });
  const undecided = signal(0);
  let turn = 0;
  let filter = {};
  let isStacked = false;
  let wanted = null;
  let isAsking = false;
  let pausedUntil = 0;

  /**
   * Begins anew with what `filter` finds, `stacked` with one item of each stack; `stood` is where one was
   * in it before. Answers whether it came: an answer to what was asked before is not taken any more.
   */
  async function begin(wish, { stacked = false, minPosition = null, quietly = false, stood = null } = {}) {
    const own = ++turn;
    [filter, isStacked, wanted, isAsking] = [wish, stacked, null, false];
    if (!quietly) status.value = "asking";
    try {
      const [order, { gallery }, there] = await Promise.all([
        run("GalleryOrder", { filter, stacked, minPosition }),
        run("GalleryTiles", { first: galleryFirst(), filter, stacked, minPosition }),
        stood ? run("GalleryTiles", { first: PAGE, after: stood.cursor, filter: from(stood), stacked }) : null,
      ]);
      if (own !== turn) return false;
      batch(() => {
        holdings.begin(order.gallerySections);
        holdings.fill({}, gallery.edges, !gallery.pageInfo.hasNextPage);
        if (there) resume(stood, there.gallery);
        labels.value = { tags: order.tags, collections: order.collections };
        undecided.value = order.undecided.reduce((sum, { items }) => sum + items, 0);
        status.value = "there";
      });
      return true;
    } catch (error) {
      // What was done last is not to be seen yet: it comes by the feed.
      if (own === turn && error.code === "NOT_YET_CONSISTENT") return begin(wish, { stacked, quietly, stood });
      if (own === turn && !quietly) batch(() => {
        holdings.begin([]);
        status.value = error;
      });
      return false;
    }
  }

  // Counted from the end of its month: what has come since stands before it.
  function resume({ month, fromEnd, cursor }, { edges, pageInfo }) {
    const place = holdings.months.findIndex((one) => one.month === month);
    if (place < 0) return;
    const index = cursor ? holdings.months[place].items.length - fromEnd : 0;
    if (index >= 0) holdings.fill({ place, index }, edges, !pageInfo.hasNextPage);
  }

  /** These are in sight: `from` and `to` as `{ place, index }`. The latest word counts. */
  function want(from, to) {
    wanted = { from, to };
    next();
  }

  async function next() {
    if (isAsking || !wanted || performance.now() < pausedUntil) return;
    const hole = holeIn(wanted.from, wanted.to);
    if (!hole) return;
    isAsking = true;
    const own = turn;
    const start = beginningOf(hole);
    try {
      const { gallery } = await run("GalleryTiles", {
        first: PAGE, after: start.cursor, filter: from({ ...start, month: holdings.months[start.place].month }), stacked: isStacked,
      });
      if (own !== turn) return;
      holdings.fill(start, gallery.edges, !gallery.pageInfo.hasNextPage);
    } catch {
      // It is asked for again where it is still looked at.
      pausedUntil = performance.now() + AGAIN_MS;
      setTimeout(() => { if (own === turn) next(); }, AGAIN_MS + 1);
    } finally {
      if (own === turn) isAsking = false;
    }
    next();
  }

  function holeIn(from, to) {
    for (let { place, index } = from; place < holdings.months.length && place <= to.place; place += 1, index = 0) {
      const { items } = holdings.months[place];
      const end = place === to.place ? Math.min(to.index + 1, items.length) : items.length;
      for (; index < end; index += 1) if (!items[index]) return { place, index };
    }
    return null;
  }

  // A page begins behind an item whose cursor is known, or with a month.
  function beginningOf({ place, index }) {
    const { items } = holdings.months[place];
    for (let before = index - 1; before >= 0; before -= 1) {
      if (items[before]?.cursor) return { place, after: items[before].id, cursor: items[before].cursor };
    }
    return { place, after: null, cursor: null };
  }

  // Without a cursor a page begins with its month.
  function from({ month, cursor }) {
    if (cursor) return filter;
    const [year, number] = month.split("-").map(Number);
    return { ...filter, until: new Date(Date.UTC(year, number, 1)).toISOString() };
  }

  return { status, labels, undecided, begin, want };
}
