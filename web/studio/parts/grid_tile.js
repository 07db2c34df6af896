// One tile of a long grid: where it stands, and what is drawn in it for as long as it exists.

import { effect } from "../core/signal.js";
import { html, render } from "../core/template.js";

/**
 * The tile of the item `id`; of one that has not come, "#" and its number. `tile(id, box)` is its template and
 * is followed; `dressed(node, id)` is told once. Answers `{ node, put(box, number, of), stop() }`.
 */
export function gridTile(id, { tile, dressed }) {
  const node = document.createElement("li");
  let shown = "";
  let stop = () => {};
  if (id.startsWith("#")) node.className = "picture-tile skeleton";
  else {
    node.className = "picture-tile";
    node.dataset.id = id;
  }
  const put = (box, number, of) => {
    const is = [box.left, box.inside, box.width, box.height, number, of].join(" ");
    if (is === shown) return;
    const isNew = !shown;
    shown = is;
    Object.assign(node.style, { left: `${box.left}px`, top: `${box.inside}px`, width: `${box.width}px`, height: `${box.height}px` });
    node.setAttribute("aria-posinset", number);
    node.setAttribute("aria-setsize", of);
    if (!isNew || !node.dataset.id) return;
    dressed(node, id);
    stop = effect(() => render(tile(id, box) ?? html``, node));
  };
  return { node, put, stop: () => stop() };
}
