// Choosing a picture of the gallery to begin with.

import { goTo } from "../address.js";
import { element } from "../element.js";
import { run } from "../core/client.js";
import { canBegin } from "../made_from.js";
import { still } from "../media.js";
import { attempt } from "../notice.js";

/** As many of the newest items are looked through; older pictures are found in the gallery. */
const NEWEST_MAX = 40;

/** The newest pictures, shown when it is opened. The form is begun anew with the one chosen. */
export function chooseSource(engine, kind) {
  const found = element("div", { class: "choices" });
  let asked = false;
  return element("details", {
    ontoggle: () => {
      if (asked) return;
      asked = true;
      attempt(async () => {
        const { gallery } = await run("Gallery", { first: NEWEST_MAX, hidden: false });
        const pictures = gallery.edges.map(({ node }) => node)
          .filter((asset) => canBegin(asset) && asset.engine === engine.id);
        found.replaceChildren(...pictures.length
          ? pictures.map((asset) => choiceOf(asset, kind))
          : [element("p", { class: "faint" }, "There is no picture in your gallery yet.")]);
      });
    },
  }, element("summary", {}, "Begin with a picture of the gallery"), found);
}

function choiceOf(asset, kind) {
  return element("button", {
    type: "button",
    class: "quiet",
    "aria-label": `Begin with ${asset.prompt || "this picture"}`,
    onclick: () => goTo("create", { kind: kind.name, source: asset.id }),
  }, still(asset));
}
