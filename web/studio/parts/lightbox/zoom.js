// Looking closer: by wheel, pinch, double click or a key; dragged while close, and leafed through by a swipe.

import { signal } from "../../core/signal.js";

const SCALE_MAX = 8;
const SWIPE_PX = 60;
const TAP_PX = 8;

/** Zooms the `.stage-full` in `host`. `step(±1)` is told of a swipe. */
export function zooming(host, { step, canZoom }) {
  const isIn = signal(false);
  const pointers = new Map();
  let [scale, x, y] = [1, 0, 0];
  let begun = null;

  const picture = () => host.querySelector(".stage-full");

  function put() {
    const shown = picture();
    if (!shown) return;
    if (scale <= 1) [scale, x, y] = [1, 0, 0];
    // It may be dragged as far as its edges.
    const room = (size, box) => Math.max(0, (size * scale - box) / 2);
    const [wide, high] = [room(shown.offsetWidth, host.clientWidth), room(shown.offsetHeight, host.clientHeight)];
    [x, y] = [Math.min(wide, Math.max(-wide, x)), Math.min(high, Math.max(-high, y))];
    shown.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    isIn.value = scale > 1;
  }

  // What lies under the pointer stays under it.
  function zoomTo(next, clientX, clientY) {
    const box = host.getBoundingClientRect();
    const [fromX, fromY] = [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2];
    const to = Math.min(SCALE_MAX, Math.max(1, next));
    [x, y] = [fromX - ((fromX - x) * to) / scale, fromY - ((fromY - y) * to) / scale];
    scale = to;
    put();
  }

  function toggle(clientX = null, clientY = null) {
    const shown = picture();
    if (!shown || !canZoom()) return;
    const box = host.getBoundingClientRect();
    // One pixel of it on one of the screen; what is small already is doubled.
    const actual = shown.naturalWidth / shown.offsetWidth / devicePixelRatio;
    zoomTo(scale > 1 ? 1 : Math.max(2, actual), clientX ?? box.left + box.width / 2, clientY ?? box.top + box.height / 2);
  }

  const distance = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };

  const hearers = {
    wheel(event) {
      event.preventDefault();
      if (canZoom()) zoomTo(scale * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
    },
    dblclick(event) {
      if (event.target.matches("img")) toggle(event.clientX, event.clientY);
    },
    pointerdown(event) {
      if (event.button || event.target.closest("button, video")) return;
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      begun = { x: event.clientX, y: event.clientY, atX: x, atY: y, scale, apart: pointers.size === 2 ? distance() : 0 };
      host.setPointerCapture(event.pointerId);
    },
    pointermove(event) {
      if (!pointers.has(event.pointerId) || !begun) return;
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (pointers.size === 2 && canZoom()) {
        const [a, b] = [...pointers.values()];
        zoomTo((begun.scale * distance()) / begun.apart, (a.x + b.x) / 2, (a.y + b.y) / 2);
      } else if (scale > 1) {
        [x, y] = [begun.atX + event.clientX - begun.x, begun.atY + event.clientY - begun.y];
        put();
      }
    },
    pointerup(event) {
      const was = pointers.size;
      if (!pointers.delete(event.pointerId) || !begun || was > 1 || scale > 1) return;
      const [dx, dy] = [event.clientX - begun.x, event.clientY - begun.y];
      begun = null;
      if (event.pointerType !== "mouse" && Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(dy)) step(dx < 0 ? 1 : -1);
      else if (Math.hypot(dx, dy) > TAP_PX) put();
    },
    pointercancel(event) { pointers.delete(event.pointerId); },
  };
  for (const [name, hearer] of Object.entries(hearers)) host.addEventListener(name, hearer, { passive: false });

  return {
    isIn, toggle,
    leave() { for (const [name, hearer] of Object.entries(hearers)) host.removeEventListener(name, hearer); },
  };
}
