// What of the gallery is wished for, as the address says it, and as the studio is asked for it.

import { listedRatings } from "../../parts/ratings.js";
import { state } from "../../store.js";
import { plain } from "../../wording.js";
import { words } from "../../words/en/gallery.js";

const KINDS = { picture: "IMAGE", clip: "VIDEO", sample: "SAMPLE" };
/** What narrows a list down; `in`, `show` and `stack` say which list it is. */
const NARROW = ["q", "twin", "kind", "style", "ratio", "fav", "tag"];

/** The wishes in an address's query, without what others keep there. */
export function wishesOf(query) {
  return Object.fromEntries([...NARROW, "in", "show", "stack"].filter((name) => query[name]).map((name) => [name, query[name]]));
}

/** The filter that the studio knows for these wishes. */
export function filterOf({ q, twin, kind, style, ratio, fav, tag, stack, in: collection, show }) {
  const filter = {
    text: q, twin, style, aspectRatio: ratio, collection, stack,
    kinds: KINDS[kind] ? [KINDS[kind]] : undefined,
    ratings: listedRatings(),
    favourite: fav ? true : undefined,
    tags: tag ? [tag] : undefined,
    hidden: show === "hidden" ? true : undefined,
    trashed: show === "trash" ? true : undefined,
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** Whether an item is among what was wished for, as far as can be told without asking. */
export function fits(asset, { q, twin, kind, style, ratio, fav, tag, stack, in: collection, show }) {
  const kinds = KINDS[kind] ? [KINDS[kind]] : ["IMAGE", "VIDEO"];
  return kinds.includes(asset.kind)
    && (listedRatings()?.includes(asset.rating) ?? true)
    && asset.hidden === (show === "hidden")
    && Boolean(asset.purgeAt) === (show === "trash")
    && (!twin || asset.twin === twin)
    && (!style || asset.style === style)
    && (!ratio || asset.aspectRatio === ratio)
    && (!fav || asset.favourite)
    && (!stack || asset.stack === stack)
    && (!tag || asset.tags.includes(tag))
    && (collection ? asset.collections.includes(collection) : !asset.private || show === "trash")
    && (!q || folded(q).split(/\s+/).every((word) => folded(asset.prompt ?? "").includes(word)));
}

/** The wishes that narrow the list, as chips: `{ name, text }`. */
export function chipsOf(wishes, labels) {
  const text = {
    q: (q) => words.filter.contains(q),
    twin: (id) => nameOfTwin(id) ?? words.filter.twin,
    kind: (kind) => words.filter.kinds[kind] ?? kind,
    style: plain,
    ratio: (ratio) => ratio,
    fav: () => words.filter.favourites,
    tag: (id) => labels.tags.find((one) => one.id === id)?.name ?? words.filter.tag,
  };
  return NARROW.filter((name) => wishes[name]).map((name) => ({ name, text: text[name](wishes[name]) }));
}

/** The name of a twin of whoever is signed in. */
export function nameOfTwin(id) {
  return state.viewer?.twins.edges.find(({ node }) => node.id === id)?.node.name ?? null;
}

/** No wish of these is left. */
export const nothingOf = (names) => Object.fromEntries(names.map((name) => [name, null]));
export const NARROWED = nothingOf(NARROW);

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
