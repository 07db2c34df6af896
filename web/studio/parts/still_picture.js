// A picture standing still and small, in its place and its colour before it is there.

import { part } from "../core/part.js";
import { html } from "../core/template.js";
import { averageColour } from "../thumbhash.js";

part("still-picture", (host) => () => {
  const { asset, called } = host;
  const small = asset.thumbnail?.url ?? poster(asset) ?? asset.url;
  host.style.backgroundColor = asset.placeholder ? averageColour(asset.placeholder) : "";
  return html`<img loading="lazy" decoding="async" alt=${called} width=${asset.width} height=${asset.height}
    src=${small} srcset=${asset.large?.url && asset.thumbnail?.url ? `${asset.thumbnail.url}, ${asset.large.url} 2x` : null}>`;
});

const poster = (asset) => asset.renditions?.find(({ role }) => role === "POSTER")?.url;

/** The thumbnail of an item; of a clip its first picture. `called` is read out in its place. */
export function stillPicture(asset, called) {
  return html`<still-picture .asset=${asset} .called=${called}></still-picture>`;
}
