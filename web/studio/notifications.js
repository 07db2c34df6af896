// The browser tells what ends while the tab is hidden, to whoever asked for that. The line is closed
// meanwhile, so the studio is asked now and then, and only while something is still open.

import { run } from "./core/client.js";
import { kept } from "./core/kept.js";
import { href } from "./core/router.js";
import { hasEnded } from "./parts/job_words.js";
import { state } from "./store.js";
import { words } from "./words/en/notifications.js";

/** Browsers let a hidden page's timers run once a minute at worst. */
const ASK_EVERY_MS = 20_000;

/** Whether this person wants it in this browser: off until they say so. */
export const wish = (viewer) => kept(`notify.${viewer}`, false);

/** "insecure" or "missing" where there can be none, "denied" where the browser says no, else "". */
export function obstacle() {
  if (!globalThis.isSecureContext) return "insecure";
  if (!("Notification" in globalThis)) return "missing";
  return Notification.permission === "denied" ? "denied" : "";
}

/** Asks the browser's permission, shows what it will be like, and notes the wish. Answers what hinders it. */
export async function turnOn(viewer) {
  if (!obstacle()) await Notification.requestPermission();
  const isAllowed = !obstacle() && Notification.permission === "granted";
  // A phone's browser may allow it, and take none from a page.
  const hindered = isAllowed && !shown(words.studio, words.first, "first") ? "missing" : obstacle();
  wish(viewer).value = isAllowed && !hindered;
  return hindered;
}

/** The tab is hidden: tells of what ends from now on, until it is seen again or `signal` aborts. */
export function whileHidden(viewer, signal) {
  const open = new Map([...state.jobs].filter(([, job]) => !hasEnded(job)));
  let position = state.viewer?.position ?? null;
  let timer = 0;
  const isHidden = () => document.visibilityState === "hidden" && !signal.aborted;
  const isWanted = () => isHidden() && open.size > 0 && wish(viewer).value && !obstacle() && Notification.permission === "granted";

  const look = async () => {
    try {
      const answer = await run("WhileAway", { after: position });
      position = answer.position;
      for (const job of answer.whileAway.jobs) if (open.delete(job.id) && isHidden()) tell(job);
    } catch { /* Asked again soon; what it was stands in the queue. */ }
    wait();
  };
  const wait = () => {
    clearTimeout(timer);
    if (isWanted()) timer = setTimeout(look, ASK_EVERY_MS);
  };
  const seen = () => { clearTimeout(timer); open.clear(); };
  document.addEventListener("visibilitychange", seen, { once: true, signal });
  signal.addEventListener("abort", seen);
  wait();
}

// Of all that is theirs it says the twin's name: it stands where others see it, too.
function tell(job) {
  const twin = state.viewer?.twins.edges.find(({ node }) => node.id === job.twin)?.node;
  const place = job.kind === "TRAINING" && twin ? href("twins", [twin.id, "training"]) : href("queue");
  const said = job.state === "COMPLETED" ? words.done : words.failed;
  // Two tabs tell of the same job in the same place.
  shown(twin?.name ?? words.studio, said[job.kind] ?? said.other, job.id, place);
}

function shown(title, body, tag, place = location.hash) {
  try {
    const told = new Notification(title, { body, tag: `suite.${tag}` });
    told.onclick = () => {
      globalThis.focus();
      location.hash = place;
      told.close();
    };
    return true;
  } catch {
    return false;
  }
}
