// The files of a gallery item that carry content credentials, and so may leave the studio.

import { element } from "./element.js";
import { run } from "./graphql.js";
import { attempt } from "./notice.js";

/** By media type, as people call it. A poster is to be shown, and never downloaded. */
const CALLED = { "video/mp4": "MP4", "image/webp": "WebP", "image/gif": "GIF", "image/png": "PNG" };

/** A button for each file that may be downloaded; nothing for what is hidden. */
export function downloads(asset) {
  if (asset.hidden) return [];
  return asset.renditions.filter(({ role }) => role !== "POSTER").map(({ role, mediaType }) =>
    element("button", {
      type: "button",
      class: role === "MASTER" ? "" : "quiet",
      onclick: () => attempt(async () => {
        const input = { asset: asset.id, rendition: role };
        const { url, fileName } = await run("RequestDownload", { input });
        element("a", { href: url, download: fileName }).click();
      }),
    }, `Download ${CALLED[mediaType] ?? mediaType}`));
}
