// Starts the studio: who is signed in, which page is shown, and what arrives live.

import { address } from "./address.js";
import { element } from "./element.js";
import { follow } from "./feeds.js";
import { run } from "./graphql.js";
import { attempt, notice } from "./notice.js";
import { account } from "./pages/account.js";
import { create } from "./pages/create.js";
import { gallery } from "./pages/gallery.js";
import { jobs } from "./pages/jobs.js";
import { signIn } from "./pages/sign_in.js";
import { twins } from "./pages/twins.js";
import { wallet } from "./pages/wallet.js";
import { listen, state, tell } from "./state.js";
import { refreshViewer } from "./viewer.js";
import { credits } from "./words.js";

const PAGES = {
  account: ["Account", account],
  twins: ["Twins", twins],
  wallet: ["Credits", wallet],
  create: ["Create", create],
  jobs: ["Jobs", jobs],
  gallery: ["Gallery", gallery],
};

let leave = () => {};
let watching = null;

function watch() {
  watching?.abort();
  watching = new AbortController();
  const feeds = {
    WatchJobs: jobsWentOn,
    WatchWallet: (event) => tell({ wallet: event.wallet }),
    WatchGallery: galleryWentOn,
  };
  follow(feeds, watching.signal, () => {
    forget();
    show();
    notice("You have been signed out.");
  });
}

function forget() {
  tell({
    viewer: null, jobs: new Map(), assets: new Map(), sourcePhotos: new Map(), packs: new Map(),
  });
}

function jobsWentOn(event) {
  const known = new Map(event.__typename === "JobsSnapshot" ? [] : state.jobs);
  if (event.__typename === "JobsSnapshot") {
    for (const job of event.jobs) known.set(job.id, job);
  } else if (event.__typename === "JobChanged") {
    const before = state.jobs.get(event.job.id);
    known.set(event.job.id, { ...event.job, progress: event.job.progress ?? before?.progress });
    if (before && before.state !== event.job.state) announce(event.job);
    if (event.job.kind === "TRAINING" && before?.state !== event.job.state) refreshViewer();
  } else if (known.has(event.id)) {
    known.set(event.id, { ...known.get(event.id), progress: event.progress });
  }
  tell({ jobs: known });
}

function galleryWentOn(event) {
  if (event.__typename === "SourcePhotoChanged") {
    tell({ sourcePhotos: changed(state.sourcePhotos, event.id, event.photo) });
    return;
  }
  if (event.__typename === "PublishPackChanged") {
    tell({ packs: changed(state.packs, event.id, event.pack) });
    return;
  }
  const known = new Map(event.__typename === "GallerySnapshot" ? [] : state.assets);
  if (event.__typename === "GallerySnapshot") {
    for (const asset of event.assets) known.set(asset.id, asset);
  } else if (event.__typename === "AssetGone") known.delete(event.id);
  else if (event.asset?.private) known.delete(event.asset.id);
  else if (event.asset) known.set(event.asset.id, event.asset);
  tell({ assets: known });
}

function changed(known, id, now) {
  const next = new Map(known);
  if (now) next.set(id, now);
  else next.delete(id);
  return next;
}

const MADE = { TRAINING: "Training", IMAGES: "Your pictures", VIDEO: "Your clips" };

function announce(job) {
  const what = MADE[job.kind] ?? "Your job";
  if (job.state === "COMPLETED") notice(`${what}: done.`);
  if (job.state === "FAILED") notice(`${what} failed. ${credits(job.released)} credits returned.`);
}

function show() {
  leave();
  const main = document.getElementById("content");
  const navigation = document.getElementById("navigation");
  const signedIn = state.viewer !== null;
  navigation.hidden = !signedIn;
  document.getElementById("sign-out").hidden = !signedIn;
  document.getElementById("balance").hidden = !signedIn;
  if (!signedIn) {
    watching?.abort();
    leave = signIn(main, async () => { await refreshViewer(); watch(); show(); }) ?? (() => {});
    return;
  }
  const { page } = address();
  const name = page in PAGES ? page : "account";
  navigation.replaceChildren(...Object.entries(PAGES).map(([key, [title]]) =>
    element("a", { href: `#${key}`, "aria-current": key === name ? "page" : null }, title)));
  main.replaceChildren();
  leave = PAGES[name][1](main) ?? (() => {});
}

listen((changed) => {
  if (changed.includes("wallet") && state.wallet) {
    const { available, reserved } = state.wallet;
    document.getElementById("balance").textContent =
      `${credits(available)} credits` + (reserved ? ` (${credits(reserved)} reserved)` : "");
  }
});

addEventListener("hashchange", () => {
  show();
  document.getElementById("content").focus();
});

document.getElementById("sign-out").addEventListener("click", () => attempt(async () => {
  await run("SignOut");
  forget();
  show();
}));

await attempt(async () => {
  tell({ catalogue: await run("Catalogue") });
  await refreshViewer();
  if (state.viewer) watch();
  show();
});
