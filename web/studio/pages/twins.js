// Twins: those that are there, the way to a new one, and each one's training.

import { route } from "../core/router.js";
import { html, keyed } from "../core/template.js";
import { state } from "../store.js";
import { twinList } from "./twins/list.js";
import { training } from "./twins/training.js";
import { wizard } from "./twins/wizard.js";

export default function twins(_, scope) {
  const list = twinList();
  const ways = new Map();
  const trainings = new Map();
  const of = (known, id, make) => {
    if (!known.has(id)) known.set(id, make(id, scope));
    return known.get(id);
  };
  return () => {
    const [id, part] = route.value.path;
    const twin = state.viewer?.twins.edges.find(({ node }) => node.id === id)?.node;
    if (!twin) return html`${list()}`;
    // Of one twin nothing that was typed, ticked or chosen is taken along to another.
    return part === "training" ? html`${keyed(id, of(trainings, id, training)(twin))}` : html`${keyed(id, of(ways, id, wizard)(twin))}`;
  };
}
