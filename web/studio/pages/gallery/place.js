// Where one stands in the gallery, kept with the entry of the history: Back and a reload return to it.

/** Items before the first in view that a return brings along. */
const BEFORE = 40;
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
    for (let at = Math.max(0, index - BEFORE); at < index; at += 1) {
      const { cursor } = month.items[at] ?? {};
      if (cursor) return { ...stands, start: { month: month.month, fromEnd: month.items.length - at - 1, cursor } };
    }
    return { ...stands, start: null };
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
