// What this browser remembers of photos that were sent, by their ids: names and small pictures never leave it.

import { kept } from "../../core/kept.js";

const SMALL_PX = 160;
const QUALITY = 0.7;

/** Of the twin of this id: `of(photo)`, `take(known)` in the place of all before, `forget()`. */
export function photoMemory(id) {
  const held = kept(`draft.photos.${id}`, {});
  const known = () => held.value ?? {};
  return {
    /** `{ name, small, digest }`; the small picture is null where this browser could not draw it. */
    of: (photo) => ({ name: "", small: null, digest: null, ...known()[photo] }),
    take(all) { held.value = { ...all }; },
    forget() { if (held.value && Object.keys(held.value).length) held.value = null; },
  };
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
