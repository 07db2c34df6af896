// What this browser remembers of photos that were sent, by their ids: names and small pictures never leave it.

import { forgetKept, kept, PHOTOS } from "../../core/kept.js";

const SMALL_PX = 160;
const QUALITY = 0.7;
/** As long as good photos of a set that was not taken lie ready for the next one. */
const LASTS_MS = 24 * 60 * 60 * 1000;

/** Of the twin of this id: `of(photo)`, `add(more)`, `take(known)` in the place of all before, `forget()`. */
export function photoMemory(id) {
  const held = kept(PHOTOS + id, null);
  const known = () => (isOver(held.value) ? {} : held.value.photos);
  return {
    /** `{ name, small, digest }`; the small picture is null where this browser could not draw it. */
    of: (photo) => ({ name: "", small: null, digest: null, ...known()[photo] }),
    add(more) { held.value = { at: Date.now(), photos: { ...known(), ...more } }; },
    take(all) { held.value = { at: Date.now(), photos: { ...all } }; },
    forget() { if (held.value) held.value = null; },
  };
}

const isOver = (held) => !held || Date.now() - held.at > LASTS_MS;

/** Forgets photos of all but those of these twins that may still be learnt from, and what has lain here too long. */
export function forgetOthers(twins) {
  const still = new Set(twins.filter(({ consent }) => consent?.granted && consent.scopes.includes("training")).map(({ id }) => PHOTOS + id));
  forgetKept((name) => name.startsWith(PHOTOS) && !(still.has(name) && !isOver(kept(name, null).value)));
}

/** A file as a small picture, as an address that holds all of it; null where this browser cannot show it. */
export async function smallOf(file) {
  try {
    const picture = await createImageBitmap(file);
    const side = Math.min(picture.width, picture.height);
    const size = Math.min(SMALL_PX, side);
    const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
    canvas.getContext("2d").drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, size, size);
    picture.close();
    return canvas.toDataURL("image/jpeg", QUALITY);
  } catch {
    return null;
  }
}
