// Rows of pictures of different shapes that are all equally wide: each row is as high as makes it so.

/** A row may be so much higher than was wished before it takes one more picture. */
const STRETCH_MAX = 1.5;

/**
 * Lays `count` pictures out. `ratio(index)` is width over height; `width`, `wished` (height) and `gap` are
 * in CSS pixels. Answers `{ rows: [{ top, height, first, lefts, widths }], height }`.
 */
export function justified(count, ratio, { width, wished, gap }) {
  const rows = [];
  let top = 0;
  let first = 0;
  let sum = 0;
  const close = (end, height) => {
    const [lefts, widths] = [[], []];
    let left = 0;
    for (let index = first; index < end; index += 1) {
      const wide = height * ratio(index);
      lefts.push(left);
      widths.push(wide);
      left += wide + gap;
    }
    // Whole pixels: a window scrolls by these, so that what stood in view can stand there again exactly.
    const tall = Math.round(height);
    rows.push({ top, height: tall, first, lefts, widths });
    top += tall + gap;
    [first, sum] = [end, 0];
  };
  const heightOf = (many, ratios) => (width - gap * (many - 1)) / ratios;
  for (let index = 0; index < count; index += 1) {
    const with_ = sum + ratio(index);
    const many = index - first;
    const height = heightOf(many + 1, with_);
    // One more makes it lower than was wished: whichever of both is nearer to that.
    if (height < wished && many > 0 && heightOf(many, sum) / wished < Math.min(STRETCH_MAX, wished / height)) {
      close(index, heightOf(many, sum));
      sum = ratio(index);
    } else sum = with_;
    const now = heightOf(index + 1 - first, sum);
    if (now <= wished) close(index + 1, now);
  }
  // The last row is not drawn out to what it has not got.
  if (first < count) close(count, Math.min(wished, heightOf(count - first, sum)));
  return { rows, height: Math.max(0, top - gap) };
}

/** The index of the last row that begins at or above `y`. */
export function rowAt(rows, y) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top <= y) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** The index of the row that holds the picture of this index. */
export function rowOf(rows, index) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].first <= index) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
