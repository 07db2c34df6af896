// The queue from anywhere: what its page shows, at the side of whatever one is doing.

import { pageNamed } from "../pages.js";
import { state } from "../store.js";
import { words } from "../words/en.js";
import { open } from "./dialog.js";

/** Opens the drawer. */
export async function openQueue() {
  if (document.querySelector("dialog.drawer, dialog[open]")) return;
  const queue = await pageNamed("queue", state.viewer);
  await open(words.pages.queue, queue, { kind: "drawer" });
}
