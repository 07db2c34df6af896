// What arrives over the feeds, taken into what the page knows, and handed to whoever wants each event.

import { run } from "./core/client.js";
import { follow } from "./core/feed.js";
import { isKept, kept, PHOTOS } from "./core/kept.js";
import { href } from "./core/router.js";
import { effect, untracked } from "./core/signal.js";
import { forgetComplaints, toast } from "./core/toasts.js";
import { stillPicture } from "./parts/still_picture.js";
import { state, tell } from "./store.js";
import { refreshViewer } from "./viewer.js";
import { whileAway } from "./while_away.js";
import { words } from "./words/en.js";

const TAKEN = { WatchAccount: takeAccount, WatchJobs: takeJob, WatchWallet: takeWallet, WatchGallery: takeAsset };
/** Feeds that have begun: whatever begins anew after that was away for too long to be told what it missed. */
const begun = new Set();
const hearers = new Map(Object.keys(TAKEN).map((feed) => [feed, new Set()]));
let watching = null;

/**
 * Hears every event of a feed, after the page knows it, until the returned function is called. `isAnew`
 * says of a snapshot that it is not the first that this page was told.
 */
export function hear(feed, hearer) {
  hearers.get(feed).add(hearer);
  return () => hearers.get(feed).delete(hearer);
}

/** Follows all feeds of who is signed in, until `unwatch`. */
export function watch() {
  unwatch();
  watching = new AbortController();
  watching.signal.addEventListener("abort", whileAway(state.viewer.id));
  const [own, { signal }] = [state.viewer.id, watching];
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden" || !kept(`notify.${own}`, false).value) return;
    import("./notifications.js").then(({ whileHidden }) => whileHidden(own, signal)).catch(() => { /* Nobody misses what they do not know of. */ });
  }, { signal });
  // Photos of faces stay at this browser for as long as they may be learnt from.
  watching.signal.addEventListener("abort", effect(() => {
    const twins = (state.viewer?.twins.edges ?? []).map(({ node }) => node);
    if (state.viewer && untracked(() => isKept(PHOTOS))) {
      import("./pages/twins/photo_memory.js").then(({ forgetOthers }) => forgetOthers(twins)).catch(() => { /* The next time. */ });
    }
  }));
  const feeds = Object.fromEntries(Object.entries(TAKEN).map(([feed, take]) => [feed, (event) => {
    take(event);
    const isAnew = event.__typename.endsWith("Snapshot") && begun.size === begun.add(feed).size;
    for (const hearer of [...hearers.get(feed)]) hearer(event, { isAnew });
  }]));
  follow(feeds, watching.signal, {
    signedOut: () => { if (state.viewer) tell({ sessionEnded: true }); },
    line: (isThere) => {
      if (isThere) {
        forgetComplaints();
        sameSession();
      }
      if (isThere === (state.lostAt === null)) return;
      tell({ lostAt: isThere ? null : new Date() });
    },
  });
}

// Somebody else may have signed in in another tab: their session must not go on under this one's name.
async function sameSession() {
  const { id } = await run("Session").catch(() => ({ id: null }));
  if (id && state.viewer && id !== state.viewer.id) location.reload();
}

/** Follows nothing any more. */
export function unwatch() {
  watching?.abort();
  watching = null;
}

// Verification and twins of whoever is signed in, as they are decided elsewhere.
function takeAccount(event) {
  if (!state.viewer) return;
  const { twins, ...viewer } = state.viewer;
  const known = new Map(twins.edges.map(({ node }) => [node.id, node]));
  for (const twin of event.twins ?? (event.twin ? [event.twin] : [])) known.set(twin.id, twin);
  if (event.verification) viewer.verification = event.verification;
  if (Number(event.position) > Number(viewer.position)) viewer.position = event.position;
  tell({ viewer: { ...viewer, twins: { ...twins, edges: [...known.values()].map((node) => ({ node })) } } });
}

function takeWallet(event) {
  const purchases = new Map(event.purchases ? [] : state.purchases);
  for (const one of event.purchases ?? (event.purchase ? [event.purchase] : [])) purchases.set(one.id, one);
  tell({ wallet: event.wallet, purchases });
}

function takeJob(event) {
  const known = new Map(event.__typename === "JobsSnapshot" ? [] : state.jobs);
  if (event.__typename === "JobsSnapshot") {
    for (const job of event.jobs) known.set(job.id, job);
  } else if (event.__typename === "JobChanged") {
    const before = state.jobs.get(event.job.id);
    known.set(event.job.id, { ...event.job, progress: event.job.progress ?? before?.progress, samples: before?.samples });
    if (before && before.state !== event.job.state) announce(event.job);
    if (event.job.kind === "TRAINING" && before?.state !== event.job.state) refreshViewer().catch(() => {});
  } else if (known.has(event.id)) {
    known.set(event.id, { ...known.get(event.id), ...wentOn(known.get(event.id), event) });
  }
  tell({ jobs: known });
}

function wentOn(job, event) {
  switch (event.__typename) {
    case "JobQueueMoved": return { queue: event.queue };
    case "TrainingCheckpointPassed": {
      const others = (job.samples ?? []).filter(({ step }) => step !== event.checkpoint.step);
      return { samples: [...others, event.checkpoint].sort((a, b) => a.step - b.step) };
    }
    default: return { progress: event.progress };
  }
}

function takeAsset(event) {
  switch (event.__typename) {
    case "SourcePhotoChanged":
      tell({ sourcePhotos: changed(state.sourcePhotos, event.id, event.photo) });
      return;
    case "PublishPackChanged":
      tell({ packs: changed(state.packs, event.id, event.pack) });
      return;
    case "GallerySnapshot":
      tell({ assets: new Map(event.assets.map((asset) => [asset.id, asset])) });
      return;
    case "AssetGone":
      tell({ assets: changed(state.assets, event.id, null) });
      return;
    default:
      if (event.asset) tell({ assets: changed(state.assets, event.asset.id, event.asset.private ? null : event.asset) });
  }
}

function changed(known, id, now) {
  const next = new Map(known);
  if (now) next.set(id, now);
  else next.delete(id);
  return next;
}

function announce(job) {
  const { done, failed, see } = words.jobs;
  const [first] = job.assets;
  if (job.state === "COMPLETED") {
    toast(done(job.kind), { href: first ? href("gallery", [first.id]) : href("queue"), text: see }, first ? stillPicture(first, "") : null);
  }
  if (job.state === "FAILED") toast(failed(job.kind, job.released));
}
