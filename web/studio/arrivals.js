// What arrives over the feeds, taken into what the page knows, and handed to whoever wants each event.

import { follow } from "./core/feed.js";
import { forgetComplaints, toast } from "./core/toasts.js";
import { state, tell } from "./store.js";
import { refreshViewer } from "./viewer.js";
import { words } from "./words/en.js";

const hearers = new Map(["WatchJobs", "WatchWallet", "WatchGallery"].map((feed) => [feed, new Set()]));
const TAKEN = { WatchJobs: takeJob, WatchWallet: takeWallet, WatchGallery: takeAsset };
let watching = null;

/** Hears every event of a feed, after the page knows it, until the returned function is called. */
export function hear(feed, hearer) {
  hearers.get(feed).add(hearer);
  return () => hearers.get(feed).delete(hearer);
}

/** Follows all feeds of who is signed in, until `unwatch`. */
export function watch() {
  unwatch();
  watching = new AbortController();
  const feeds = Object.fromEntries(Object.entries(TAKEN).map(([feed, take]) => [feed, (event) => {
    take(event);
    for (const hearer of [...hearers.get(feed)]) hearer(event);
  }]));
  follow(feeds, watching.signal, {
    signedOut: () => tell({ sessionEnded: true }),
    line: (isThere) => {
      if (isThere) forgetComplaints();
      if (isThere === (state.lostAt === null)) return;
      tell({ lostAt: isThere ? null : new Date() });
    },
  });
}

/** Follows nothing any more. */
export function unwatch() {
  watching?.abort();
  watching = null;
}

function takeWallet(event) {
  tell({ wallet: event.wallet });
}

function takeJob(event) {
  const known = new Map(event.__typename === "JobsSnapshot" ? [] : state.jobs);
  if (event.__typename === "JobsSnapshot") {
    for (const job of event.jobs) known.set(job.id, job);
  } else if (event.__typename === "JobChanged") {
    const before = state.jobs.get(event.job.id);
    known.set(event.job.id, { ...event.job, progress: event.job.progress ?? before?.progress });
    if (before && before.state !== event.job.state) announce(event.job);
    if (event.job.kind === "TRAINING" && before?.state !== event.job.state) refreshViewer().catch(() => {});
  } else if (known.has(event.id)) {
    // Between its changes a job comes on: its steps, or its place in line.
    const { progress, queue } = event;
    known.set(event.id, { ...known.get(event.id), ...progress && { progress }, ...queue && { queue } });
  }
  tell({ jobs: known });
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
  const { done, failed } = words.jobs;
  if (job.state === "COMPLETED") toast(done(job.kind), { href: "#/queue", text: words.jobs.see });
  if (job.state === "FAILED") toast(failed(job.kind, job.released));
}
