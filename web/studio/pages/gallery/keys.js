// The gallery by keyboard: one tile has the focus, arrows move it, letters do something with it.

import { hotkey } from "../../core/hotkeys.js";
import { wish } from "../../core/router.js";
import { words } from "../../words/en/gallery.js";
import { meant } from "./asked.js";
import { leaveStack } from "./notes.js";

/** Takes the keys of the grid in `host`. `open(id)` shows one in full. Returns what gives them back. */
export function gridKeys({ host, grid, holdings, selection, acts, wishes, open }) {
  const focused = () => document.activeElement?.closest("li")?.dataset.id ?? null;
  const isHere = () => Boolean(focused()) && host.contains(document.activeElement);
  const isFree = () => !document.querySelector("dialog[open], .lightbox");

  const move = (found) => () => {
    const at = holdings.find(focused());
    const to = at && found(at);
    if (to) grid.show(to, { isFocused: true });
  };
  const by = (steps) => move((at) => holdings.ranked(holdings.rank(at) + steps));
  const across = (step) => move((at) => grid.across(at, step));

  // What goes takes its focus along: the next one has it then.
  const gone = async (id, act) => {
    const next = holdings.beside(id, 1) ?? holdings.beside(id, -1);
    const isDone = act([id]);
    const at = next && holdings.find(next.id);
    if (at) grid.show(at, { isFocused: true });
    await isDone;
  };
  const away = async () => {
    const id = focused();
    if (!wishes().show) await gone(id, acts.trash);
    else if (await meant(1)) await gone(id, acts.purge);
  };

  const { keys } = words;
  const taken = [
    hotkey("/", keys.search, () => document.getElementById("gallery-search")?.focus(), isFree),
    hotkey("ArrowRight", keys.move, by(1), isHere),
    hotkey("ArrowLeft", keys.move, by(-1), isHere),
    hotkey("ArrowDown", keys.move, across(1), isHere),
    hotkey("ArrowUp", keys.move, across(-1), isHere),
    hotkey("Home", keys.move, move(() => holdings.ranked(0)), isHere),
    hotkey("End", keys.move, move(() => holdings.ranked(holdings.count - 1)), isHere),
    hotkey("Enter", keys.open, () => open(focused()), () => isHere() && document.activeElement.matches(".tile-link")),
    hotkey("x", keys.select, (event) => (event.shiftKey ? selection.range(focused()) : selection.toggle(focused())), isHere),
    hotkey("f", keys.star, () => acts.star(focused(), !holdings.get(focused()).favourite), () => isHere() && !wishes().show),
    hotkey("Delete", keys.trash, away, isHere),
    hotkey("Escape", words.stack.close, () => { if (!leaveStack()) wish({ stack: null }); }, () => isFree() && Boolean(wishes().stack)),
    hotkey("Escape", keys.clear, () => selection.clear(), () => isFree() && selection.count.value > 0),
  ];
  return () => { for (const last of taken) last(); };
}
