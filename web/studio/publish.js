// Getting an item ready to be published: which sizes, how far it is, and the files with their caption.

import { element } from "./element.js";
import { command } from "./core/client.js";
import { attempt } from "./notice.js";
import { listen, state } from "./store.js";

const SIZES = {
  SQUARE: "Square, 1080 × 1080",
  PORTRAIT: "Portrait, 1080 × 1350",
  STORY: "Story, 1080 × 1920",
  LANDSCAPE: "Landscape, 1920 × 1080",
  ORIGINAL: "As it is",
};
const FAILURES = {
  "not-made": "It could not be made. Try again.",
  "items-gone": "It is not in sight any more.",
};

/** A part of a dialog; `leave` is called with what is to end when the dialog is closed. */
export function publish(asset, leave) {
  if (asset.hidden) return null;
  const said = element("p", { role: "status" });
  const files = element("ul", { class: "files" });
  let waiting = null;
  const heard = () => {
    const pack = state.packs.get(waiting);
    if (!pack) return;
    if (pack.state === "FAILED") said.textContent = FAILURES[pack.failure] ?? FAILURES["not-made"];
    if (pack.state !== "MADE") return;
    said.textContent = `Ready, for a day. Write beside it: ${pack.caption}`;
    files.replaceChildren(...pack.files.map((file) => element("li", {},
      element("a", { href: file.url, download: "" }, `${SIZES[file.preset]} (${kind(file)})`))));
  };
  leave(listen((changed) => changed.includes("packs") && heard()));
  const boxes = Object.entries(SIZES).map(([preset, text]) => element("label", {},
    element("input", { type: "checkbox", value: preset, checked: preset === "SQUARE" }), text));
  return element("details", {},
    element("summary", {}, "Publish…"),
    element("p", { class: "faint" },
      "Each file shows that it is AI generated, says so in its credentials, and holds no prompt."),
    ...boxes,
    element("button", {
      type: "button",
      onclick: () => attempt(async () => {
        const presets = boxes.map((box) => box.querySelector("input"))
          .filter(({ checked }) => checked).map(({ value }) => value);
        files.replaceChildren();
        said.textContent = "Asking…";
        try {
          waiting = (await command("RequestPublishPack", { assets: [asset.id], presets })).pack;
          said.textContent = "Being made…";
          heard();
        } catch (error) {
          said.textContent = "";
          throw error;
        }
      }),
    }, "Make the files"),
    said,
    files);
}

const kind = ({ mediaType }) => (mediaType === "video/mp4" ? "MP4" : "JPEG");
