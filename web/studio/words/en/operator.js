// The words of the operator's page.

import { spoken } from "../../core/spoken.js";

const number = (count) => Number(count).toLocaleString();
/** @type {[number, string][]} */
const UNITS = [[86_400, "d"], [3_600, "h"], [60, "min"]];

/** A length of time in the largest unit that it fills. */
function span(seconds) {
  for (const [size, unit] of UNITS) if (seconds >= size) return `${Math.round(seconds / size)} ${unit}`;
  return `${Math.max(0, Math.round(seconds))} s`;
}

export const words = spoken({
  span,
  count: number,
  tiles: {
    title: "How the studio is",
    waiting: "Jobs that wait",
    oldest: "Longest wait",
    workers: "Workers",
    screeners: (count) => (count === 1 ? "and 1 screener" : `and ${count} screeners`),
    lag: "Read-model lag",
    events: (count) => (count === 1 ? "1 event" : `${number(count)} events`),
    parked: "Parked",
    failures: "Failed in an hour",
    running: (count) => `${number(count)} running`,
    nobody: "Nobody waits",
    inTime: "Up to date",
    none: "Nothing is parked",
    noneFailed: "None failed",
    noWorker: "Nobody draws",
    attention: "Needs you",
  },
  more: {
    overdue: (count) => (count === 1 ? "1 running job is past its deadline" : `${number(count)} running jobs are past their deadline`),
    ledger: (count) => `The ledger breaks its rules ${count === 1 ? "once" : `${number(count)} times`}: export it and verify the export`,
  },
  seen: (text) => `Seen ${text}`,
  late: "This is how it was when it was last seen: the studio does not answer just now.",
  machines: {
    title: "Workers and screeners",
    columns: { name: "Name", does: "Does", engines: "Engines", device: "Device", since: "Here since" },
    draws: "Draws",
    judges: "Judges",
    device: (name, gib) => (gib === null ? name : `${name}, ${gib.toLocaleString(undefined, { maximumFractionDigits: 0 })} GiB`),
    none: "Nobody is here to draw or to judge. Jobs wait until a worker starts.",
    noEngines: "no weights found",
  },
  jobs: {
    title: "Jobs",
    show: "Show",
    states: { all: "All open", REQUESTED: "Waiting", STARTED: "Running", RENDERED: "Being judged", SCREENED: "Judged", FAILED: "Failed" },
    columns: { job: "Job", owner: "Owner", kind: "Kind", engine: "Engine", state: "State", since: "For" },
    kinds: { TRAINING: "Training", IMAGES: (count) => (count === 1 ? "1 picture" : `${count} pictures`), VIDEO: (count) => (count === 1 ? "1 clip" : `${count} clips`) },
    attempt: (count) => `attempt ${count}`,
    ago: (length) => `${length} ago`,
    none: "None.",
    first: "Of each state those that wait longest are listed.",
    failures: {
      "attempts-exhausted": "Every attempt failed",
      "deadline-passed": "Its deadline passed",
      "adapter-refused": "The trained twin was refused",
      "screening-unavailable": "It could not be judged",
      "source-gone": "Its picture is gone",
    },
  },
  parked: {
    title: "Parked",
    columns: { id: "Name", what: "What", error: "Error", attempts: "Tries", since: "For" },
    none: "Nothing is parked: everything that came was handled.",
    text: "Each is tried again by itself, ever less often. Once its cause is mended, suite parked retry NAME does so now, at the machine.",
    kinds: { message: "Report", intent: "Effect", owner: "Read models of an owner" },
    some: (shown, all) => `${number(shown)} of ${number(all)} are listed.`,
  },
  readers: {
    title: "Who reads the log",
    columns: { reader: "Reader", events: "Events behind", seconds: "For" },
    names: { relay: "Relay", reactor: "Reactor", watchdog: "Watchdog", projector: "Projector (read models)" },
    effects: (count, length) => `${number(count)} effects of events are due${count ? `, the oldest for ${length}` : ""}.`,
    screening: (count, length) => `${number(count)} outputs and photo sets wait to be judged${count ? `, the oldest for ${length}` : ""}.`,
  },
});
