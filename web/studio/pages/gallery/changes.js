// What is done with items of the gallery: seen at once, taken back where the studio refuses or is asked to.

import { command, Refused } from "../../core/client.js";
import { batch, signal } from "../../core/signal.js";
import { toast } from "../../core/toasts.js";
import { words } from "../../words/en/gallery.js";

/** So many are changed in one go. */
const AT_ONCE_MAX = 100;
const alone = async (ids) => ids;

/**
 * Acts on `holdings`. `problem` is what went wrong last, as `{ text, again }`, until it is let be.
 * `again()` begins the list anew; `wishes()` and `filter()` say what it shows, `collections()`
 * which there are, `members(ids)` what lies under a tile besides what it shows.
 */
export function changes({ holdings, filter, wishes, members, again, collections }) {
  const problem = signal(null);
  let position = null;

  async function attempt(work, undo = () => {}) {
    problem.value = null;
    try {
      return await work();
    } catch (error) {
      undo();
      problem.value = { text: error.message, again: error instanceof Refused ? null : () => attempt(work, undo) };
      return null;
    }
  }

  /** Gives an item its star, or takes it. */
  function star(id, favourite) {
    const before = holdings.get(id)?.favourite ?? !favourite;
    holdings.change(id, { favourite });
    return attempt(() => command("SetFavourite", { asset: id, favourite }), () => holdings.change(id, { favourite: before }));
  }

  /** One change of these items; a hundred at a time. Answers the ids of the changes, null where it failed. */
  function change(kind, ids, label = {}, of = members) {
    return attempt(async () => {
      const made = [];
      const all = await of(ids);
      for (let start = 0; start < all.length; start += AT_ONCE_MAX) {
        made.push(await changed({ change: kind, assets: all.slice(start, start + AT_ONCE_MAX), ...label }));
      }
      return made;
    });
  }

  /** One change of all that the filter finds; it goes on when this has answered. */
  function changeAll(kind, label = {}, found = filter()) {
    return attempt(async () => [await changed({ change: kind, filter: found, ...label })]);
  }

  async function changed(input) {
    const answer = await command("ChangeAssets", input);
    position = answer.position;
    return answer.change;
  }

  /** Takes items out of sight at once, does `kind` with them, and offers the way back. */
  async function away(kind, ids, said, of) {
    const gone = ids.map((id) => holdings.get(id)).filter(Boolean);
    const back = () => batch(() => { for (const one of gone) holdings.put(one); });
    // Asked for while the tiles are there.
    const wanted = of(ids);
    batch(() => { for (const id of ids) holdings.drop(id); });
    const all = await attempt(() => wanted);
    const made = all && await change(kind, all, {}, alone);
    if (!made) {
      back();
      return false;
    }
    const canUndo = kind === "TRASH" || kind === "RESTORE";
    // What lay under it comes into sight.
    if (of === alone && gone.some(({ stackSize = 1 }) => stackSize > 1)) again();
    toast(said(all.length), canUndo ? { text: words.undo, action: () => undo(made, back) } : null);
    return true;
  }

  const those = (of) => ({
    change: (kind, ids, label) => change(kind, ids, label, of),
    trash: (ids) => away("TRASH", ids, words.did.trashed, of),
    restore: (ids) => away("RESTORE", ids, words.did.restored, of),
    keep: (ids) => away("KEEP", ids, words.did.kept, of),
    purge: (ids) => away("PURGE", ids, words.did.purged, of),
  });

  /** Takes changes back; `back` shows what that brings. */
  async function undo(made, back) {
    await attempt(async () => {
      for (const one of made) ({ position } = await command("UndoChange", { change: one }));
      back();
    });
  }

  return {
    /** What was done last is seen from there on; null where nothing was. */
    get position() { return position; },
    problem, attempt, star, changeAll, undo, collections,
    ...those(members),
    /** The same of the items themselves, whatever lies under them. */
    alone: those(alone),
    /** All that the filter finds: the list is asked for again when it is done. */
    async all(kind, { label, found, said }) {
      const made = await changeAll(kind, label, found);
      if (!made) return;
      const canUndo = !["PURGE", "KEEP"].includes(kind);
      toast(said, canUndo ? { text: words.undo, action: () => undo(made, again) } : null);
      if (!["FAVOURITE", "UNFAVOURITE"].includes(kind) || wishes().fav) again();
    },
  };
}
