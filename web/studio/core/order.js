// Which items of a list may stay where they are while the others are moved around them.

/**
 * `before[i]` is where the item that is now the i-th stood, or -1 if it is new; `held` is the index of an
 * item that must not move, or -1. Returns the set of indices that stay: as many as can, `held` among them.
 */
export function staying(before, held) {
  const may = before.map((place, index) => place >= 0 && (held < 0 || index === held
    || (index < held ? place < before[held] : place > before[held])));
  // The longest rising subsequence: `ends[n]` is the index that ends one of n + 1 with the lowest place.
  const ends = [];
  const previous = new Array(before.length).fill(-1);
  before.forEach((place, index) => {
    if (!may[index]) return;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before[ends[middle]] < place) low = middle + 1;
      else high = middle;
    }
    previous[index] = low ? ends[low - 1] : -1;
    ends[low] = index;
  });
  const stay = new Set();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index]) stay.add(index);
  return stay;
}
