// How one's twins look, from their newest pictures: a face for each, and one in every style.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { state } from "../../store.js";

const NEWEST_MAX = 40;
const asked = new Set();
const found = signal(new Map());

/** The newest picture of a twin, in this style where one is named; null where there is none, or not yet. */
export function portrait(twin, style = null) {
  if (!twin) return null;
  const key = `${state.viewer?.id} ${twin}`;
  if (!asked.has(key)) {
    asked.add(key);
    // Without it everything can be chosen all the same.
    look(key, twin).catch(() => asked.delete(key));
  }
  const pictures = found.value.get(key) ?? [];
  return (style === null ? pictures[0] : pictures.find((one) => one.style === style)) ?? null;
}

async function look(key, twin) {
  const { gallery } = await run("Gallery", { first: NEWEST_MAX, twin, hidden: false });
  const pictures = gallery.edges.map(({ node }) => node).filter(({ kind, thumbnail }) => kind === "IMAGE" && thumbnail);
  found.value = new Map(found.value).set(key, pictures);
}
