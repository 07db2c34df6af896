// Getting a picture ready to be published: which sizes, how far it is, and the files with their caption.

import { intention } from "../../core/client.js";
import { part } from "../../core/part.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { state } from "../../store.js";
import { words } from "../../words/en/lightbox.js";
import { icon } from "../icon.js";

/** Asks for packs of the item in sight whose id is `asset`. */
export const publishPack = (asset) => html`<publish-pack .asset=${asset}></publish-pack>`;

part("publish-pack", (host) => {
  const said = words.publish;
  const waiting = signal(null);
  const isAsking = signal(false);
  const problem = signal("");
  const request = intention("RequestPublishPack");

  const make = async (event) => {
    event.preventDefault();
    const presets = new FormData(event.currentTarget).getAll("preset");
    problem.value = presets.length ? "" : said.choose;
    if (!presets.length || isAsking.value) return;
    isAsking.value = true;
    try {
      waiting.value = (await request({ assets: [host.asset], presets })).pack;
    } catch (error) {
      problem.value = error.message;
    }
    isAsking.value = false;
  };

  return () => {
    const pack = waiting.value && state.packs.get(waiting.value);
    const isBeingMade = isAsking.value || (waiting.value && (!pack || pack.state === "REQUESTED"));
    return html`<details class="publish"><summary>${icon("upload")}<span>${said.title}</span></summary>
      <form @submit=${make}>
        <p class="faint">${said.text}</p>
        <fieldset>${Object.entries(said.sizes).map(([preset, text]) => keyed(preset, html`<label class="check">
          <input type="checkbox" name="preset" value=${preset} checked=${preset === "SQUARE"}><span>${text}</span></label>`))}</fieldset>
        <p class="danger" role="alert">${problem.value || (pack?.state === "FAILED" ? said.failures[pack.failure] ?? said.failures["not-made"] : "")}</p>
        <button disabled=${isBeingMade}>${said.make}</button>
      </form>
      <p role="status">${isAsking.value ? said.asking : isBeingMade ? said.making : pack?.state === "MADE" ? `${said.ready} ${pack.caption}` : ""}</p>
      ${pack?.state === "MADE" ? html`<ul class="files">${pack.files.map((file) => keyed(file.preset, html`<li>
        <a href=${file.url} download="">${icon("download")}${said.sizes[file.preset]} (${file.mediaType === "video/mp4" ? "MP4" : "JPEG"})</a></li>`))}</ul>` : null}
    </details>`;
  };
});
