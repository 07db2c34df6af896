// A gallery item as it is seen: a picture as a picture, a clip as a film with its poster.

import { element } from "./element.js";
import { run } from "./graphql.js";
import { plain } from "./words.js";

/** The address of one file of an item, by its role; null where it is not served. */
export function addressOf(asset, role) {
  return asset.renditions?.find((one) => one.role === role)?.url ?? null;
}

/** Whether an item moves. */
export function isClip(asset) {
  return asset.mediaType?.startsWith("video/") ?? false;
}

/**
 * The item as an element. What is hidden is not served: it can be kept, and then seen, or deleted.
 * `called` is what is read out in its place.
 */
export function media(asset, called = asset.prompt || plain(asset.kind)) {
  if (asset.hidden || !asset.url) return element("span", {}, `Hidden: ${called}`);
  return isClip(asset) ? film(asset, called) : picture(asset, called);
}

/** The item standing still: a clip's poster. */
export function still(asset, called = asset.prompt || plain(asset.kind)) {
  if (!isClip(asset)) return media(asset, called);
  return picture({ ...asset, url: addressOf(asset, "POSTER") }, called);
}

function picture(asset, called) {
  const shown = element("img", { loading: "lazy", decoding: "async", src: asset.url, alt: called });
  renewing(shown, asset, (fresh) => {
    shown.src = isClip(fresh) ? addressOf(fresh, "POSTER") : fresh.url;
  });
  return shown;
}

function film(asset, called) {
  const shown = element("video", {
    // A page of clips loads posters only; what is played is loaded then.
    preload: "none",
    src: asset.url,
    poster: addressOf(asset, "POSTER"),
    "aria-label": called,
    controls: true,
    loop: true,
    muted: true,
    playsInline: true,
  });
  renewing(shown, asset, (fresh) => {
    const at = shown.currentTime;
    shown.addEventListener("loadedmetadata", () => { shown.currentTime = at; }, { once: true });
    shown.src = fresh.url;
    shown.play().catch(() => {});
  });
  return shown;
}

/** Shorter than an address is good for; what is broken sooner is broken for another reason. */
const RENEWED_AGAIN_MS = 60_000;

// Addresses are good for two minutes. Whoever looks later asks for new ones.
function renewing(shown, { id }, renew) {
  let renewedAt = -Infinity;
  shown.addEventListener("error", async () => {
    if (performance.now() - renewedAt < RENEWED_AGAIN_MS) return;
    renewedAt = performance.now();
    const { asset } = await run("Asset", { id }).catch(() => ({ asset: null }));
    if (asset?.url) renew(asset);
  });
}
