// Where one stands in the gallery, kept with the entry of the history: Back and a reload return to it.

/** Items before the first in view that a return brings along. */
const BEFORE = 40;
/** So far behind the beginning of what was brought along, or of a month, the same is brought along again. */
const AGAIN_MAX = 60;
const STILL_MS = 200;

/**
 * Keeps where `grid` stands; `holdings` says behind which item that is asked for again, `list()` which list
 * is there: null while another one is asked for.
 */
export function keptPlace(grid, holdings, list) {
  let waiting = 0;
  const keep = () => {
    clearTimeout(waiting);
    waiting = 0;
    // Nothing is there yet: what was kept still holds.
    if (!holdings.months.length || list() === null) return;
    const place = placeNow();
    history.replaceState({ ...history.state, place: place && { ...place, list: list() } }, "");
  };
  const soon = () => { waiting ||= setTimeout(keep, STILL_MS); };

  function placeNow() {
    const stands = grid.place();
    if (!stands) return null;
    const month = holdings.months.find((one) => one.month === stands.section);
    if (!month) return null;
    const index = month.items.length - stands.fromEnd;
    // Where one has returned to, all begins where it began then: rows break as they did.
    const kept = history.state?.place;
    const begun = kept?.list === list() ? kept.start : null;
    const since = begun?.cursor && begun.month === month.month ? index - (month.items.length - begun.fromEnd) : -1;
    if (since >= 0 && since <= AGAIN_MAX) return { ...stands, start: begun };
    // Near the beginning of its month all of it is brought along: behind its first item that one would be missing.
    if (month.items[0] && index <= AGAIN_MAX) return { ...stands, start: { month: month.month, cursor: null } };
    const rank = holdings.rank({ place: holdings.months.indexOf(month), index });
    for (let before = Math.max(0, rank - BEFORE); before < rank; before += 1) {
      const at = holdings.ranked(before);
      const { month: named, items } = holdings.months[at.place];
      const { cursor } = items[at.index] ?? {};
      if (cursor) return { ...stands, start: { month: named, fromEnd: items.length - at.index - 1, cursor } };
    }
    // Nothing is known before it, as where one has come by the scrubber: its month begins there.
    return { ...stands, start: index < BEFORE ? { month: month.month, cursor: null } : null };
  }

  addEventListener("scroll", soon, { passive: true });
  addEventListener("pagehide", keep);
  return {
    keep,
    leave() {
      clearTimeout(waiting);
      removeEventListener("scroll", soon);
      removeEventListener("pagehide", keep);
    },
  };
}

/** Where one stood in this list when this entry of the history was left; null at the top. */
export function placeBefore(list) {
  const { place = null } = history.state ?? {};
  return place?.list === list ? place : null;
}
