// The way from a picture to a clip that begins with it.

import { goTo } from "./address.js";
import { CLIPS } from "./ask/clips.js";
import { element } from "./element.js";
import { state } from "./state.js";

/** A button that asks for a clip of a picture; nothing for what no clip can begin with. */
export function animate(asset, leave = () => {}) {
  const possible = asset.kind === "IMAGE" && !asset.hidden
    && state.catalogue.engines.some((engine) => engine.id === asset.engine && CLIPS.offered(engine));
  if (!possible) return null;
  return element("button", {
    type: "button",
    class: "quiet",
    onclick: () => {
      leave();
      goTo("create", { kind: CLIPS.name, source: asset.id });
    },
  }, "Animate");
}
