// Bytes as they come, cut into lines. A line is its bytes, and a text with one character for each of them.

import { LINE_LENGTH_MAX } from "./chain.js";

/** Answers a function that takes pieces and hands each whole line to `take(bytes, text)`. */
export function inLines(take) {
  // Of the encodings that know a character for every byte; nothing is ever shown of it.
  const oneEach = new TextDecoder("latin1");
  let rest = new Uint8Array(0);
  return (piece) => {
    const bytes = rest.length ? joined(rest, piece) : piece;
    const text = oneEach.decode(bytes);
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      take(bytes.subarray(from, end), text.slice(from, end));
      from = end + 1;
    }
    // Of a line without end, so much is kept that it is refused, and no more.
    rest = bytes.slice(from, from + LINE_LENGTH_MAX + 1);
  };
}

function joined(first, second) {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
