// The queue from anywhere: what its page shows, at the side of whatever one is doing.

import { words } from "../words/en.js";
import { open } from "./dialog.js";

/** Opens the drawer. */
export async function openQueue() {
  const { default: queue } = await import("../pages/queue.js");
  await open(words.pages.queue, queue, { kind: "drawer" });
}
