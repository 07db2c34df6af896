// How it looks and how many there are: style, shape, count, and of a clip what moves and for how long.

import { html } from "../../core/template.js";
import { stillPicture } from "../../parts/still_picture.js";
import { words } from "../../words/en/create.js";
import { choices } from "./choices.js";
import { portrait } from "./portraits.js";
import { countOf, oneOf } from "./wish.js";

/** The side of the square that shapes are drawn in, in units of their own. */
const SHAPE = 24;

/** Cards with pictures of the chosen twin where there are any. */
export function styles(form) {
  const engine = form.engine.value;
  const picture = (style) => portrait(form.whole.value.twin, style);
  return choices({
    name: "style",
    called: words.style,
    kind: "style",
    chosen: oneOf(engine.styles, form.wish.value.style),
    pick: (style) => form.change({ style, variationOf: null }),
    offered: engine.styles.map((style) => ({
      value: style,
      inside: html`<span class=${`swatch is-${style}`}>${picture(style) ? stillPicture(picture(style), "") : null}</span><span>${titled(style)}</span>`,
    })),
  });
}

/** What begins with a picture has its shape, and so no choice of one. */
export function ratios(form) {
  if (form.wish.value.source) return null;
  const { aspectRatios } = form.engine.value;
  const names = aspectRatios.map(({ name }) => name);
  return choices({
    name: "ratio",
    called: words.ratio,
    kind: "ratio",
    chosen: oneOf(names, form.wish.value.ratio),
    pick: (ratio) => form.change({ ratio, variationOf: null }),
    offered: aspectRatios.map(({ name, width, height }) => ({
      value: name,
      inside: html`${shape(width, height)}<span>${name}</span><small>${words.pixels(width, height)}</small>`,
    })),
  });
}

function shape(width, height) {
  const long = Math.max(width, height);
  const [w, h] = [(SHAPE * width) / long, (SHAPE * height) / long];
  return html`<svg class="shape" viewBox=${`-1 -1 ${SHAPE + 2} ${SHAPE + 2}`} aria-hidden="true"><rect rx="2"
    x=${(SHAPE - w) / 2} y=${(SHAPE - h) / 2} width=${w} height=${h}></rect></svg>`;
}

/** 1 2 4 8, as many as the engine makes at once. */
export function counts(form) {
  const [kind, engine, wish] = [form.kind.value, form.engine.value, form.wish.value];
  const seconds = kind.name === "video" ? oneOf(engine.clips.durationsS, wish.durationS) : 0;
  const isTooLong = (count) => seconds > 0 && count * seconds > engine.clips.secondsMax;
  return choices({
    name: "count",
    called: words.count[kind.name],
    kind: "number",
    chosen: countOf(wish, kind, engine),
    pick: (count) => form.change({ count: { ...wish.count, [kind.name]: count } }),
    offered: kind.counts(engine).map((count) => ({
      value: count,
      isOff: isTooLong(count) && count !== countOf(wish, kind, engine),
      title: isTooLong(count) ? words.clip.tooLong(engine.clips.secondsMax) : null,
      inside: html`<span>${count}</span>`,
    })),
  });
}

/** Of a clip: its length, and what moves in it. */
export function moves(form) {
  if (form.kind.value.name !== "video") return null;
  const { clips } = form.engine.value;
  return html`${choices({
    name: "durationS",
    called: words.clip.seconds,
    kind: "number",
    chosen: oneOf(clips.durationsS, form.wish.value.durationS),
    pick: (durationS) => form.change({ durationS }),
    offered: clips.durationsS.map((seconds) => ({ value: seconds, inside: html`<span>${words.clip.lasts(seconds)}</span>` })),
  })}${choices({
    name: "motion",
    called: words.clip.motion,
    kind: "word",
    chosen: oneOf(clips.motions, form.wish.value.motion),
    pick: (motion) => form.change({ motion }),
    offered: clips.motions.map((motion) => ({ value: motion, inside: html`<span>${titled(motion)}</span>` })),
  })}`;
}

const titled = (name) => name.slice(0, 1).toUpperCase() + name.slice(1).replaceAll("-", " ").replaceAll("_", " ");
