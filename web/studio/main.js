// Starts the studio: who is signed in, which page is shown, and what arrives live.

import { run, SIGNED_OUT } from "./core/client.js";
import { forgetKept, kept, PHOTOS } from "./core/kept.js";
import { live } from "./core/part.js";
import { go, href, route } from "./core/router.js";
import { computed, effect, untracked } from "./core/signal.js";
import { html, render } from "./core/template.js";
import { forgetComplaints } from "./core/toasts.js";
import { homeOf, isAnybodys, pageNamed, placesOf } from "./pages.js";
import { shell } from "./shell.js";
import { state, tell } from "./store.js";
import { refreshViewer } from "./viewer.js";
import { words } from "./words/en.js";

const AGAIN_MS = 2_000;
const AGAIN_MAX_MS = 15_000;

const content = document.getElementById("content");
let leave = () => {};
let shownPage = null;

for (const look of ["theme", "contrast", "motion"]) {
  const held = kept(look, "system");
  effect(() => { document.documentElement.dataset[look] = held.value; });
}
// It was one of the colours once.
if (kept("theme", "system").value === "contrast") {
  kept("theme", "system").value = "dark";
  kept("contrast", "system").value = "more";
}

await reached();
shell();
const who = computed(() => state.viewer?.id ?? null);
let unwatch = () => {};
effect(() => {
  unwatch();
  const own = who.value;
  // What only they need who are signed in is not loaded before.
  if (!own) return;
  import("./arrivals.js").then((arrivals) => {
    unwatch = arrivals.unwatch;
    if (who.value === own) arrivals.watch();
  });
});
effect(() => {
  if (state.sessionEnded) import("./parts/sign_in.js").then(({ openSignIn }) => { if (state.viewer && state.sessionEnded) openSignIn(); });
});
// No face stays at a browser that nobody is signed in at.
effect(() => { if (!state.viewer || state.sessionEnded) untracked(() => forgetKept((name) => name.startsWith(PHOTOS))); });
addEventListener(SIGNED_OUT, () => { if (state.viewer) tell({ sessionEnded: true }); });
effect(() => {
  const [viewer, { page }] = [state.viewer, route.value];
  untracked(() => show(viewer, page));
});

/** What every page stands on; a studio that is away is waited for, and said to be. */
async function reached() {
  let waiting = null;
  for (let wait = AGAIN_MS; ; wait = Math.min(AGAIN_MAX_MS, wait * 1.5)) {
    try {
      const [catalogue] = await Promise.all([run("Catalogue"), refreshViewer()]);
      tell({ catalogue });
      return;
    } catch {
      await new Promise((resolve) => {
        waiting = setTimeout(resolve, wait);
        render(html`<div class="empty" role="alert"><h2>${words.away.title}</h2><p>${words.away.text}</p>
          <button type="button" @click=${() => { clearTimeout(waiting); resolve(); }}>${words.away.again}</button></div>`, content);
      });
    }
  }
}

// A page that could not be loaded is asked for again; what is typed elsewhere stays.
function again() {
  shownPage = "";
  show(state.viewer, route.value.page);
}

async function show(viewer, named) {
  const page = viewer || isAnybodys(named) ? named || homeOf(viewer) : "welcome";
  // Who is not signed in keeps the address that they asked for, and returns to it.
  if (viewer && !named) {
    go(href(page), { replace: true });
    return;
  }
  // A page of anybody's stays as it is while somebody signs in there.
  const whose = isAnybodys(page) ? page : `${viewer?.id ?? ""} ${page}`;
  if (whose === shownPage) return;
  const isFirst = shownPage === null;
  shownPage = whose;
  forgetComplaints();
  const [draw] = await Promise.all([pageNamed(page, viewer), viewer ? import("./keys.js") : null]).catch(() => []);
  if (shownPage !== whose) return;
  leave();
  content.replaceChildren();
  const own = document.createElement("div");
  own.className = `page page-${isAnybodys(page) || placesOf(viewer).includes(page) ? page : "not-found"}`;
  content.append(own);
  leave = live(own, draw ?? (() => () => html`<div class="empty"><p>${words.away.title}</p>
    <button type="button" @click=${again}>${words.again}</button></div>`));
  if (!draw) {
    const left = leave;
    addEventListener("online", again);
    leave = () => { removeEventListener("online", again); left(); };
  }
  if (!isFirst) {
    document.getElementById("title").focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}
