// The keys that do the same on every page.

import { hotkey } from "./core/hotkeys.js";
import { go, href } from "./core/router.js";
import { listShortcuts } from "./parts/shortcuts.js";
import { state } from "./store.js";
import { words } from "./words/en.js";

const GOES_TO = { c: "create", g: "gallery", t: "twins", q: "queue" };

hotkey("?", words.shortcuts.list, listShortcuts);
for (const [key, page] of Object.entries(GOES_TO)) {
  hotkey(`g ${key}`, words.shortcuts.goTo(words.pages[page]), () => { if (state.viewer) go(href(page)); });
}
