// A grid of any length of which only what is near the window exists. What stands in view stays where it
// stands when something above it changes.

import { effect, signal, untracked } from "../core/signal.js";
import { firstView } from "./first_view.js";
import { GridLayout } from "./grid_layout.js";
import { gridTile } from "./grid_tile.js";

const SCREENS_AROUND = 2;
/** So many new tiles a frame beyond what is in view: a frame has to end in time. */
const TILES_A_FRAME = 24;
const BAR_PX = 56;

/**
 * Draws into `host`. `given`: `sections()` answers `{ key, title, count, ratio(index), id(index) }` and is
 * followed; `find(id)` where an item stands as `{ place, index }`; `tile(id, box)` the template of one
 * (followed too); `dressed(node, id)` is told of a new one; `seen(from, to)` of what is around the window;
 * `whole()` once, when what came into view first is there with its pictures.
 */
export function virtualGrid(host, given) {
  const layout = new GridLayout();
  const drawn = new Map();
  const laid = signal(0);
  const first = firstView(host, () => {
    given.whole?.();
    later();
  });
  let frame = 0;

  const viewTop = () => BAR_PX - host.getBoundingClientRect().top;

  function lay(sections = given.sections()) {
    const stood = place();
    layout.lay(sections, host.clientWidth);
    host.style.height = `${layout.height}px`;
    if (stood) stand(stood);
    draw();
    laid.value += 1;
  }

  /** What stands first in view: `{ id, section, fromEnd, offset }`; null at the very top. */
  function place() {
    const top = viewTop();
    if (top <= 0 || !layout.sections.length) return null;
    for (const { section, index, row, place: at } of layout.within(top, top + innerHeight)) {
      const { top: stands } = layout.box({ place: at, index });
      if (stands + row.height / 2 < top) continue;
      return { id: section.id(index), section: section.key, fromEnd: section.count - index, offset: stands - top };
    }
    return null;
  }

  /** Scrolls so that what stood there stands there again. */
  function stand({ id, section, fromEnd, offset }) {
    const known = id ? given.find(id) : null;
    const at = layout.sections.findIndex(({ key }) => key === section);
    const to = known ?? (at < 0 ? null : { place: at, index: Math.max(0, layout.sections[at].count - fromEnd) });
    const box = to && layout.box(to);
    if (!box) return;
    const by = box.top - offset - viewTop();
    if (Math.abs(by) >= 1) scrollBy({ top: by, behavior: "instant" });
  }

  function later() { frame ||= requestAnimationFrame(() => { frame = 0; draw(); }); }

  function draw() {
    if (!layout.width) return;
    const top = viewTop();
    const around = first.isWhole() ? SCREENS_AROUND * innerHeight : 0;
    const wanted = new Map();
    let [budget, from, to] = [TILES_A_FRAME, null, null];
    const held = host.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.id : null;
    const places = [...layout.within(top - around, top + innerHeight + around)];
    if (held && !places.some(({ section, index }) => section.id(index) === held)) {
      const at = given.find(held);
      if (at) places.push({ ...at, section: layout.sections[at.place] });
    }
    for (const { section, place: at, index } of places) {
      const id = section.id(index) ?? `#${index}`;
      const box = layout.box({ place: at, index });
      const isInView = box.top < top + innerHeight && box.top + box.height > top;
      if (!drawn.get(section.key)?.tiles.has(id) && !isInView && budget-- <= 0) continue;
      from ??= { place: at, index };
      to = { place: at, index };
      if (!wanted.has(section.key)) wanted.set(section.key, { section, tiles: new Map() });
      wanted.get(section.key).tiles.set(id, { box, index });
    }
    for (const [key, one] of drawn) if (!wanted.has(key)) { for (const [id, tile] of one.tiles) gone(one, id, tile); one.node.remove(); drawn.delete(key); }
    let next = host.firstChild;
    for (const [key, one] of wanted) {
      const made = drawn.get(key) ?? sectionNode(key);
      if (made.node === next) next = next.nextSibling;
      else if (!made.node.isConnected) host.insertBefore(made.node, next);
      arrange(made, one);
    }
    if (budget < 0) later();
    if (from) given.seen(from, to);
    first.look();
  }

  function sectionNode(key) {
    const node = document.createElement("section");
    node.className = "month";
    const list = document.createElement("ul");
    // Without bullets some browsers would not say that it is a list.
    list.setAttribute("role", "list");
    node.append(document.createElement("h2"), list);
    const made = { node, list, tiles: new Map() };
    drawn.set(key, made);
    return made;
  }

  function arrange(made, { section, tiles }) {
    made.node.style.top = `${section.top}px`;
    made.node.style.height = `${section.height}px`;
    made.node.setAttribute("aria-label", section.title);
    if (made.node.firstChild.textContent !== section.title) made.node.firstChild.textContent = section.title;
    for (const [id, tile] of made.tiles) if (!tiles.has(id)) gone(made, id, tile);
    let next = made.list.firstChild;
    for (const [id, { box, index }] of tiles) {
      let tile = made.tiles.get(id);
      if (!tile) {
        tile = gridTile(id, given);
        made.tiles.set(id, tile);
        made.list.insertBefore(tile.node, next);
      } else if (tile.node === next) next = next.nextSibling;
      else made.list.insertBefore(tile.node, next);
      tile.put(box, index + 1, section.count);
    }
  }

  function gone(made, id, tile) {
    tile.stop();
    tile.node.remove();
    made.tiles.delete(id);
  }

  /** Brings an item into view, and the focus to it where `isFocused`. */
  function show(at, { isFocused = false } = {}) {
    const box = layout.box(at);
    if (!box) return;
    const top = viewTop();
    const room = innerHeight - BAR_PX;
    if (box.top < top) scrollBy({ top: box.top - top - 8, behavior: "instant" });
    else if (box.top + box.height > top + room) scrollBy({ top: box.top + box.height - top - room + 8, behavior: "instant" });
    draw();
    const id = layout.sections[at.place].id(at.index);
    if (isFocused && id) nodeOf(id)?.querySelector("a")?.focus({ preventScroll: true });
  }

  const nodeOf = (id) => host.querySelector(`li[data-id="${CSS.escape(id)}"]`);

  const sized = new ResizeObserver(() => { if (host.clientWidth !== layout.width) lay(); });
  sized.observe(host);
  addEventListener("scroll", later, { passive: true });
  addEventListener("resize", later);
  const stop = effect(() => {
    const sections = given.sections();
    untracked(() => lay(sections));
  });

  return {
    place, stand, show, nodeOf,
    across: (at, step) => layout.across(at, step),
    laid() {
      void laid.value;
      return { sections: layout.sections, height: layout.height };
    },
    scrollTo: (top) => scrollBy({ top: top - viewTop(), behavior: "instant" }),
    isAtTop: () => viewTop() <= BAR_PX + 40,
    leave() {
      stop();
      first.leave();
      sized.disconnect();
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
      cancelAnimationFrame(frame);
      for (const one of drawn.values()) for (const tile of one.tiles.values()) tile.stop();
      host.replaceChildren();
    },
  };
}
