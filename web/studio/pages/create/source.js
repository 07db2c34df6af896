// What it begins with: a picture of the gallery or a photo of one's own, looked up by its id.

import { run } from "../../core/client.js";
import { effect, signal, untracked } from "../../core/signal.js";

/** As many of one's photos are looked through. */
export const PHOTOS_MAX = 50;

/**
 * Follows the id that `wished` holds. What it answers holds null where none is wished, and otherwise
 * `{ id, kind: "picture" | "photo", isAsking, url, twin, … }`: without `url` it is gone, hidden, or still asked for.
 */
export function sourceOf(wished, onLeave) {
  const source = signal(null);
  onLeave(effect(() => {
    const id = wished.value;
    const before = untracked(() => source.value);
    if (before?.id === id) return;
    const kind = id && isPhoto(id) ? "photo" : "picture";
    source.value = id ? { id, kind, isAsking: true, url: null, twin: null } : null;
    if (!id) return;
    found(kind, id).catch((error) => ({ problem: error.message })).then((one) => {
      // Another one has been chosen meanwhile.
      if (source.value?.id === id) source.value = { url: null, twin: null, ...one, id, kind, isAsking: false };
    });
  }));
  return source;
}

/** Photos that something can begin with on this engine; all of them without one. */
export async function ownPhotos(engine = null) {
  const { sourcePhotos } = await run("SourcePhotos", { first: PHOTOS_MAX });
  return sourcePhotos.filter((photo) => photo.url && (engine === null || photo.engine === engine));
}

async function found(kind, id) {
  if (kind === "photo") return (await ownPhotos()).find((photo) => photo.id === id) ?? {};
  const { asset } = await run("Asset", { id });
  return asset && asset.kind === "IMAGE" && !asset.hidden ? asset : {};
}

// Ids are opaque but for the kind of thing that they name.
function isPhoto(id) {
  try {
    return atob(id.replaceAll("-", "+").replaceAll("_", "/")).startsWith("SourcePhoto:");
  } catch {
    return false;
  }
}
