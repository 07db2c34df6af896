// The ways from a picture to what can be made from it: the same drawn anew, and a clip.

import { goTo } from "./address.js";
import { element } from "./element.js";
import { IMAGE, VIDEO } from "./pages/create/kinds.js";
import { state } from "./store.js";

const CALLED = { image: "Remix", video: "Animate" };

/** Whether anything can begin with an item. */
export function canBegin(asset) {
  return asset.kind === "IMAGE" && !asset.hidden;
}

/** Buttons that ask for what begins with a picture; none for what nothing can begin with. */
export function madeFrom(asset, leave = () => {}) {
  const engine = state.catalogue.engines.find(({ id }) => id === asset.engine);
  if (!engine || !canBegin(asset)) return [];
  return [IMAGE, VIDEO].filter((kind) => kind.offered(engine)).map((kind) =>
    element("button", {
      type: "button",
      class: "quiet",
      onclick: () => {
        leave();
        goTo("create", { kind: kind.name, source: asset.id });
      },
    }, CALLED[kind.name]));
}
