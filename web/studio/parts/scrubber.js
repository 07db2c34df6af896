// The years of a long grid at its right edge, each as far down as it is in the grid: drawn along to go there.

import { effect } from "../core/signal.js";

/** Years stand at least so far apart. */
const APART_PX = 36;
/** A grid of so few screens is looked through faster than it is aimed at. */
const SCREENS_MIN = 4;

/**
 * Draws into `host`. `laid()` answers the sections, `{ key, title, top }`, and the whole `height`, and is
 * followed; `go(top)` scrolls there; `called` is read out. Returns what ends it.
 */
export function scrubber(host, { laid, go, called }) {
  const bubble = Object.assign(document.createElement("output"), { hidden: true });
  let [sections, height] = [[], 0];

  const sectionAt = (top) => sections.findLast((one) => one.top <= top) ?? sections[0];
  const topAt = (clientY) => {
    const box = host.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientY - box.top) / box.height)) * height;
  };
  function point(event) {
    const top = topAt(event.clientY);
    const section = sectionAt(top);
    if (!section) return;
    bubble.hidden = false;
    bubble.textContent = section.title;
    bubble.style.top = `${event.clientY - host.getBoundingClientRect().top}px`;
    if (host.hasPointerCapture(event.pointerId)) go(section.top);
  }
  const hearers = {
    pointermove: point,
    pointerleave() { bubble.hidden = true; },
    pointerdown(event) {
      if (event.button) return;
      event.preventDefault();
      host.setPointerCapture(event.pointerId);
      point(event);
    },
    pointerup(event) { host.releasePointerCapture(event.pointerId); },
  };
  for (const [name, hearer] of Object.entries(hearers)) host.addEventListener(name, hearer);

  function draw() {
    const marks = [];
    let [year, last] = [null, -Infinity];
    for (const { key, top } of sections) {
      const at = (top / height) * host.clientHeight;
      if (key.slice(0, 4) === year || at - last < APART_PX) continue;
      [year, last] = [key.slice(0, 4), at];
      const mark = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: year });
      mark.setAttribute("aria-label", called(year));
      mark.style.top = `${at}px`;
      mark.addEventListener("click", () => go(top));
      marks.push(mark);
    }
    host.replaceChildren(...marks, bubble);
  }

  const stop = effect(() => {
    const before = `${height} ${sections.length}`;
    ({ sections, height } = laid());
    host.hidden = height < SCREENS_MIN * innerHeight;
    if (!host.hidden && before !== `${height} ${sections.length}` && !host.contains(document.activeElement)) draw();
  });
  return () => {
    stop();
    for (const [name, hearer] of Object.entries(hearers)) host.removeEventListener(name, hearer);
  };
}
