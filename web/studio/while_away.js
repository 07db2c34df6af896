// What ended while somebody was away, said once when they come back.

import { run } from "./core/client.js";
import { kept } from "./core/kept.js";
import { href } from "./core/router.js";
import { toast } from "./core/toasts.js";
import { words } from "./words/en.js";

/** Less than that is no absence: what ended then is said as it ends. */
const AWAY_MS = 5 * 60_000;
const NOTED_EVERY_MS = 60_000;

/** Says what came of this person's jobs since they were last here, and notes that they are now. Answers what ends it. */
export function whileAway(viewer) {
  const seen = kept(`seen.${viewer}`, null);
  const since = seen.value;
  const note = () => { if (document.visibilityState === "visible") seen.value = new Date().toISOString(); };
  if (since && Date.now() - Date.parse(since) > AWAY_MS) tellSince(since);
  note();
  const timer = setInterval(note, NOTED_EVERY_MS);
  return () => clearInterval(timer);
}

async function tellSince(since) {
  try {
    const { whileAway: { completed, failed } } = await run("WhileAway", { since });
    if (completed || failed) toast(words.away.meanwhile(completed, failed), { href: href("queue"), text: words.jobs.see });
  } catch { /* It is all in the queue: nobody misses a sentence. */ }
}
