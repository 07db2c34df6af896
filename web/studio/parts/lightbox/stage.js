// What is looked at: its small still until the picture itself is there, or a film with its frames.

import { part } from "../../core/part.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { state } from "../../store.js";
import { words } from "../../words/en/lightbox.js";
import { icon } from "../icon.js";
import { calledOf, isClip, stillOf } from "../picture_tile.js";
import { isVeiled, unveil } from "../ratings.js";
import { zooming } from "./zoom.js";

/** Frames a second of an engine that says nothing of it. */
const FRAME_RATE = 12;
const VERY_LARGE = 1e4;

/** What shows `item`; `step(±1)` goes to the next. It hears "space", "frame-back" and "frame-forward". */
export const stage = (item, step) => html`<picture-stage .item=${item} .step=${step}></picture-stage>`;

part("picture-stage", (host, { onLeave }) => {
  const is = signal("waiting");
  const zoom = zooming(host, { step: (by) => host.step(by), canZoom: () => !isClip(host.item) && is.value === "there" });
  onLeave(zoom.leave);
  const film = () => host.querySelector("video");

  const frame = (by) => {
    const shown = film();
    if (!shown) return;
    shown.pause();
    const rate = state.catalogue.engines.find(({ id }) => id === host.item.engine)?.clips?.frameRate ?? FRAME_RATE;
    shown.currentTime = Math.min(shown.duration || 0, Math.max(0, shown.currentTime + by / rate));
  };
  const space = () => {
    const shown = film();
    if (!shown) zoom.toggle();
    else if (shown.paused) shown.play().catch(() => {});
    else shown.pause();
  };
  for (const [name, hearer] of Object.entries({ space, "frame-back": () => frame(-1), "frame-forward": () => frame(1) })) {
    host.addEventListener(name, hearer);
    onLeave(() => host.removeEventListener(name, hearer));
  }

  return () => {
    const { item } = host;
    if (item.hidden || !item.url) return html`<div class="stage-hidden">${icon("eye")}<p>${words.hidden}</p><p class="faint">${words.hiddenText}</p></div>`;
    const still = stillOf(item, VERY_LARGE);
    if (isVeiled(item)) return veiled(item, still);
    if (isClip(item)) {
      return html`<div class="stage-film"><video src=${item.url} poster=${still} width=${item.width} height=${item.height} aria-label=${calledOf(item)}
          preload="auto" autoplay loop playsinline controls .muted=${true}></video>
        <span class="frames"><button type="button" class="plain" aria-label=${words.frame.back} title=${words.frame.back} @click=${() => frame(-1)}>${icon("back")}</button>
          <button type="button" class="plain" aria-label=${words.frame.forward} title=${words.frame.forward} @click=${() => frame(1)}>${icon("forward")}</button></span></div>`;
    }
    return html`
      <div class="stage-picture" data-is=${is.value}>
        ${still && is.value !== "there" ? html`<img class="stage-still" src=${still} alt="" width=${item.width} height=${item.height}>` : null}
        <img class="stage-full" src=${item.url} alt=${calledOf(item)} width=${item.width} height=${item.height} draggable="false"
          @load=${() => { is.value = "there"; }} @error=${() => { is.value = "broken"; }}>
      </div>
      ${is.value === "broken" ? html`<p class="stage-broken" role="alert">${icon("warning")}${words.broken}</p>` : null}
      <button type="button" class="plain one-to-one" aria-pressed=${zoom.isIn.value ? "true" : "false"} @click=${() => zoom.toggle()}>${zoom.isIn.value ? words.fit : words.zoom}</button>`;
  };
});

function veiled(item, still) {
  return html`<div class="stage-veiled">${still ? html`<img class="is-veiled" src=${still} alt="" width=${item.width} height=${item.height}>` : null}
    <div>${icon("eye")}<p>${words.veiled.why}</p><button type="button" class="quiet" @click=${() => unveil(item.id)}>${words.veiled.show}</button></div></div>`;
}
