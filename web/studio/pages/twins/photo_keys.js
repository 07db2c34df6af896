// The cards of photos by keyboard: arrows go from one to another, Delete takes one out, Enter shows it large.

import { html } from "../../core/template.js";
import { open } from "../../parts/dialog.js";
import { words as twins } from "../../words/en/twins.js";

/** Takes a key on a card of the list that hears it; `drop(card)` is null where nothing may be taken out. */
export function photoKeys(event, cards, drop) {
  const list = event.currentTarget;
  const all = [...list.children];
  const at = all.indexOf(event.target);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const columns = all.findIndex((one) => one.offsetTop > all[0].offsetTop);
  const row = columns < 0 ? all.length : columns;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -at, End: all.length - 1 - at }[event.key];
  if (step !== undefined) all[at + step]?.focus();
  else if (event.key === "Delete" && drop) {
    (all[at + 1] ?? all[at - 1])?.focus();
    drop(cards[at]);
  } else if (event.key === "Enter" && cards[at].url) zoom(cards[at], at);
  else return;
  event.preventDefault();
}

function zoom({ url, name }, index) {
  const called = twins.photos.called(index, name);
  open(called, () => () => html`<img class="zoomed-photo" src=${url} alt=${called}>`, { kind: "wide" });
}
