// What a browser can tell of a photo before it is sent: the studio looks at it again, and more closely.

import { sha256 } from "../../core/sha256.js";
import { words as twins } from "../../words/en/twins.js";

const BYTES_MAX = 12 * 1024 * 1024;
const SIDE_MIN_PX = 512;
const words = twins.photos;

/**
 * A card of this file: `{ key, file, name, digest, url, flaw, note }`, `flaw` in words or null. `url` shows
 * it, or is null where this browser cannot; who drops the card revokes it.
 */
export async function cardOf(file, others) {
  const digest = await sha256(await file.arrayBuffer());
  const card = { key: digest, file, name: file.name ?? "", digest, url: null, flaw: null, note: null };
  if (others.some((other) => other.digest === digest)) return { ...card, key: `${digest} ${Math.random()}`, flaw: words.twice };
  if (file.size > BYTES_MAX) return { ...card, flaw: words.tooLarge };
  const kind = kindOf(new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  if (!kind) return { ...card, flaw: words.unreadable };
  const url = URL.createObjectURL(file);
  const size = await sizeOf(url);
  if (!size) {
    URL.revokeObjectURL(url);
    return kind === "heic" ? { ...card, note: words.heic } : { ...card, flaw: words.unreadable };
  }
  return { ...card, url, flaw: Math.min(size.width, size.height) < SIDE_MIN_PX ? words.tooSmall : null };
}

// By what a file begins with: what its name or the browser says of it is often wrong.
function kindOf(bytes) {
  const text = String.fromCharCode(...bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return "jpeg";
  if (text.startsWith("\x89PNG")) return "png";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "webp";
  return text.slice(4, 8) === "ftyp" ? "heic" : null;
}

function sizeOf(url) {
  return new Promise((resolve) => {
    const shown = new Image();
    shown.onload = () => resolve({ width: shown.naturalWidth, height: shown.naturalHeight });
    shown.onerror = () => resolve(null);
    shown.src = url;
  });
}
