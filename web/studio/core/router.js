// Where a person is: everything that can be looked at has an address, `#/gallery/<asset>?twin=…`.

import { effect, signal } from "./signal.js";

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

// What lies over the page: Back closes it before it leaves the page.
const layers = [];
let settled = Promise.resolve();

/**
 * Something was opened over the page. `close` is called when Back is used, or when one goes elsewhere.
 * Returns what is to be called when it was closed otherwise, and answers when the history has followed.
 */
export function layer(close) {
  const own = { close };
  layers.push(own);
  history.pushState({ layers: layers.length }, "");
  return () => {
    const place = layers.indexOf(own);
    if (place < 0) return settled;
    layers.splice(place, 1);
    if ((history.state?.layers ?? 0) > layers.length) {
      settled = new Promise((resolve) => addEventListener("popstate", () => resolve(undefined), { once: true }));
      history.back();
    }
    return settled;
  };
}

addEventListener("popstate", () => {
  const depth = history.state?.layers ?? 0;
  while (layers.length > depth) layers.pop().close();
});
addEventListener("hashchange", taken);

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

/**
 * Shows the page that the address names, and takes it away when another is named. `load(page)` answers a
 * module whose `default(container, { onLeave })` draws it; `showing` is told when it stands there.
 */
export function shown(container, load, showing) {
  let leave = () => {};
  let current = null;
  return effect(() => {
    const { page } = route.value;
    if (page === current) return;
    current = page;
    load(page).then((enter) => {
      // Somebody who has gone on meanwhile does not want it any more.
      if (current !== page) return;
      leave();
      leave = enter(container) ?? (() => {});
      showing(page);
    });
  });
}
