// The files of a gallery item that carry content credentials, and so may leave the studio.

import { element } from "./element.js";

/** By media type, as people call it. A poster is to be shown, and never downloaded. */
const CALLED = { "video/mp4": "MP4", "image/webp": "WebP", "image/gif": "GIF", "image/png": "PNG" };

/** A button for each file that may be downloaded; nothing for what is hidden. */
export function downloads(asset) {
  if (asset.hidden) return [];
  return asset.renditions.filter(({ role }) => role !== "POSTER").map(({ role, url, mediaType }) =>
    element("button", {
      type: "button",
      class: role === "MASTER" ? "" : "quiet",
      onclick: () => element("a", { href: `${url}&download`, download: "" }).click(),
    }, `Download ${CALLED[mediaType] ?? mediaType}`));
}
