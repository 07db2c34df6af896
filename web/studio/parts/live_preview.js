// What is being drawn, as it comes: one picture of the strip that the studio sends, the next fading in over it.

import { part } from "../core/part.js";
import { effect } from "../core/signal.js";
import { html } from "../core/template.js";

/** Each frame lays this much of the new picture over the old one, the last all of it. */
const FADE = [0.25, 0.35, 0.5, 1];

part("live-preview", (host, { onLeave }) => {
  const canvas = document.createElement("canvas");
  let newest = null;
  onLeave(effect(() => {
    const { strip, place, of } = host;
    newest = strip;
    const image = new Image();
    image.src = strip;
    image.decode().then(() => {
      // A later one has come meanwhile.
      if (newest === strip) fade(canvas, image, place, of);
    }, () => {});
  }));
  onLeave(() => { newest = null; });
  return () => html`${canvas}`;
});

function fade(canvas, image, place, of) {
  const [width, height] = [image.naturalWidth / of, image.naturalHeight];
  const isFirst = canvas.width !== width || canvas.height !== height;
  if (isFirst) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const steps = isFirst || matchMedia("(prefers-reduced-motion: reduce)").matches ? [1] : [...FADE];
  const draw = () => {
    context.globalAlpha = steps.shift();
    context.drawImage(image, place * width, 0, width, height, 0, 0, width, height);
    if (steps.length) requestAnimationFrame(draw);
  };
  draw();
}

/** Picture `place` of the `of` that lie side by side in `strip`, a data URL. */
export function livePreview(strip, place, of, called) {
  return html`<live-preview role="img" aria-label=${called} .strip=${strip} .place=${place} .of=${of}></live-preview>`;
}
