// A gallery item as it is seen: a picture as a picture, a clip as a film with its poster. Addresses
// are the studio's own and stay good for as long as the page is open.

import { element } from "./element.js";
import { averageColour } from "./thumbhash.js";
import { plain } from "./wording.js";

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
export function media(asset, called = nameOf(asset)) {
  if (isHidden(asset)) return hiddenAs(called);
  return isClip(asset) ? film(asset, called) : picture(asset, asset.url, called);
}

/** The item as a tile shows it: small, but for a film that is played there. */
export function tiled(asset, called = nameOf(asset)) {
  if (isHidden(asset)) return hiddenAs(called);
  return isClip(asset) ? film(asset, called) : still(asset, called);
}

/** The item standing still and small: of a clip its first picture. */
export function still(asset, called = nameOf(asset)) {
  if (isHidden(asset)) return hiddenAs(called);
  // What was released before there were thumbnails is shown as it is.
  const large = isClip(asset) ? addressOf(asset, "POSTER") : asset.url;
  const shown = picture(asset, asset.thumbnail?.url ?? large, called);
  if (asset.large?.url) shown.srcset = `${asset.thumbnail.url}, ${asset.large.url} 2x`;
  return shown;
}

const nameOf = (asset) => asset.prompt || plain(asset.kind);
const isHidden = (asset) => asset.hidden || !asset.url;
const hiddenAs = (called) => element("span", {}, `Hidden: ${called}`);

function picture(asset, src, called) {
  const shown = element("img", {
    loading: "lazy", decoding: "async", alt: called, width: asset.width, height: asset.height,
  });
  blurred(shown, asset, "load");
  shown.src = src;
  return shown;
}

function film(asset, called) {
  const shown = element("video", {
    // A page of clips loads posters only; what is played is loaded then.
    preload: "none",
    src: asset.url,
    poster: asset.large?.url ?? addressOf(asset, "POSTER"),
    width: asset.width,
    height: asset.height,
    "aria-label": called,
    controls: true,
    loop: true,
    muted: true,
    playsInline: true,
  });
  blurred(shown, asset, "loadeddata");
  return shown;
}

/** The colour that it has from afar, until it is there. */
function blurred(shown, asset, there) {
  if (!asset.placeholder) return;
  shown.style.backgroundColor = averageColour(asset.placeholder);
  shown.addEventListener(there, () => { shown.style.backgroundColor = ""; }, { once: true });
}
