// Where a person is: everything that can be looked at has an address, `#/gallery/<asset>?twin=…`.

import { signal } from "./signal.js";

/**
 * The address in parts: `page`, the `path` behind it, and the `query`. Who reads it is told when it changes.
 * @type {{ value: { page: string, path: string[], query: Record<string, string> } }}
 */
export const route = signal(read());

/** The address of a page: `href("gallery", [asset], { twin })`. What is null, false or "" is left out. */
export function href(page, path = [], query = {}) {
  const said = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  const asked = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  const place = [page, ...path].map(encodeURIComponent).join("/");
  return `#/${place}${asked ? `?${asked}` : ""}`;
}

/**
 * Goes there. With `replace` the place one comes from is not returned to by Back. With `from`, only whoever
 * is there still: an answer that came late drags nobody back who has gone on meanwhile.
 */
export async function go(to, { replace = false, from = null } = {}) {
  await settled;
  if (to === location.hash || (from !== null && from !== location.hash)) return;
  if (replace) {
    history.replaceState(history.state, "", to);
    taken();
  } else location.hash = to;
}

/** Changes wishes of the address that stands, without a step for Back. */
export function wish(query) {
  const { page, path, query: before } = route.value;
  return go(href(page, path, { ...before, ...query }), { replace: true });
}

/** A browser that has not gone a step back by then does not. */
const FOLLOWED_MS = 1_000;

// What lies over the page: Back closes it before it leaves the page.
const layers = [];
let settled = Promise.resolve();
let arrived = null;
let passing = 0;

/**
 * Something was opened over the page. `close` is called when Back is used, or when one goes elsewhere.
 * Returns what is to be called when it was closed otherwise, and answers when the history has followed.
 */
export function layer(close) {
  const own = { close };
  layers.push(own);
  history.pushState({ ...history.state, layers: layers.length }, "");
  return () => {
    const place = layers.indexOf(own);
    if (place < 0) return settled;
    layers.splice(place, 1);
    passDead();
    return settled;
  };
}

// What lay over the page here is gone: it was closed, a link in it was followed, or the page was loaded
// anew. Nobody is to press Back for it.
function passDead() {
  if ((history.state?.layers ?? 0) <= layers.length) {
    arrived?.();
    arrived = null;
    return;
  }
  if (passing) return;
  settled = arrived ? settled : new Promise((resolve) => { arrived = resolve; });
  passing = setTimeout(givenUp, FOLLOWED_MS);
  history.back();
}

function givenUp() {
  passing = 0;
  arrived?.();
  arrived = null;
}

addEventListener("popstate", () => {
  clearTimeout(passing);
  passing = 0;
  const depth = history.state?.layers ?? 0;
  while (layers.length > depth) layers.pop().close();
  passDead();
});
addEventListener("hashchange", taken);

// `layers` and the rest of what is above have to be there first.
passDead();

function taken() {
  const next = read();
  if (JSON.stringify(next) !== JSON.stringify(route.value)) route.value = next;
}

function read() {
  const [place, asked = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [page, ...path] = place.split("/").map(decoded);
  return { page, path: path.filter(Boolean), query: Object.fromEntries(new URLSearchParams(asked)) };
}

// An address that somebody cut in the middle of a character is an address all the same.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
