// The private gallery: newest first, filters, and each item with what can be made of it.

import { element, field } from "../element.js";
import { run } from "../core/client.js";
import { inspect } from "../inspect.js";
import { madeFrom } from "../made_from.js";
import { isClip, tiled } from "../media.js";
import { attempt } from "../notice.js";
import { listen, state } from "../store.js";
import { plain } from "../wording.js";

export default function page(main, { onLeave }) {
  onLeave(gallery(main));
}

function gallery(main) {
  const grid = element("ul", { class: "grid" });
  const more = element("button", { type: "button", class: "quiet", hidden: true }, "More");
  const twin = element("select", {}, element("option", { value: "" }, "All twins"),
    state.viewer.twins.edges.map(({ node }) => element("option", { value: node.id }, node.name)));
  const text = element("input", { type: "search" });
  const favourite = element("input", { type: "checkbox" });
  const hidden = element("input", { type: "checkbox" });
  const dialog = element("dialog", { "aria-label": "Picture or clip" });
  const made = new Map();
  let cursor = null;

  // A tile stays as it is while nothing that it shows has changed: a film in it goes on playing.
  const tileOf = (asset) => {
    const shows = JSON.stringify([asset.hidden, asset.favourite, asset.prompt]);
    if (made.get(asset.id)?.shows !== shows) made.set(asset.id, { shows, made: tile(asset, open) });
    return made.get(asset.id).made;
  };

  const load = async (after) => {
    const { gallery: found } = await run("Gallery", {
      first: 40, after, twin: twin.value || null, text: text.value || null,
      favourite: favourite.checked ? true : null, hidden: hidden.checked,
    });
    const tiles = found.edges.map(({ node }) => tileOf(node));
    if (after === null) inPlace(grid, tiles);
    else grid.append(...tiles);
    cursor = found.pageInfo.endCursor;
    more.hidden = !found.pageInfo.hasNextPage;
  };
  const reload = () => attempt(() => load(null));
  const open = (asset) => attempt(() => inspect(dialog, asset.id, reload));
  for (const control of [twin, favourite, hidden]) control.addEventListener("change", reload);
  text.addEventListener("input", reload);
  more.addEventListener("click", () => attempt(() => load(cursor)));

  main.replaceChildren(element("section", {},
    element("h2", {}, "Gallery"),
    element("div", { class: "row" },
      field("Twin", twin), field("Prompt contains", text),
      element("label", { class: "check" }, favourite, element("span", {}, "Favourites only")),
      element("label", { class: "check" }, hidden, element("span", {}, "Hidden since consent was withdrawn")))),
  grid, more, dialog);
  reload();
  return listen((changed) => { if (changed.includes("assets") && cursor !== undefined) reload(); });
}

// What is there already is not taken out and put back, which would stop a film.
function inPlace(list, wanted) {
  for (const child of [...list.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, index) => {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
}

// A film has buttons of its own, and cannot lie in one: it is opened by the line below it.
function tile(asset, open) {
  const called = asset.prompt || plain(asset.kind);
  const line = `${asset.favourite ? "★ " : ""}${called}`;
  const button = (...inside) => element("button", {
    type: "button", class: "quiet", "aria-label": `Open ${called}`, onclick: () => open(asset),
  }, ...inside);
  return element("li", { class: "tile" },
    ...isClip(asset) && !asset.hidden
      ? [tiled(asset), button("Open"), element("small", {}, line)]
      : [button(tiled(asset)), element("small", {}, line),
        element("div", { class: "row" }, madeFrom(asset))]);
}
