// The words of jobs: how far they are, what came of them, what they cost.

import { spoken } from "../../core/spoken.js";
import { credits } from "../../wording.js";

const ONE = { IMAGES: "picture", VIDEO: "clip", TRAINING: "sample" };
const MANY = { IMAGES: "pictures", VIDEO: "clips", TRAINING: "samples" };
const items = (kind, count) => `${count} ${count === 1 ? ONE[kind] ?? "item" : MANY[kind] ?? "items"}`;

export const words = spoken({
  sections: { running: "Running", waiting: "Waiting", finished: "Finished" },
  none: "Nothing has been asked for yet",
  noneText: "What you create and train is listed here, with how far it is and what it cost.",
  create: "Create something",
  older: "Show older ones",
  called: { TRAINING: "Twin training", IMAGES: "Pictures", VIDEO: "Clips" },
  items,
  states: {
    REQUESTED: "Waiting for its turn",
    STARTED: "Getting ready",
    RENDERED: "Being checked",
    SCREENED: "Being checked",
    COMPLETED: "Done",
    FAILED: "Failed",
    CANCELLED: "Cancelled",
  },
  phases: { LOAD: "Getting ready", ENCODE: "Getting ready", STEP: "Drawing", DECODE: "Finishing", UPLOAD: "Finishing" },
  learning: "Learning",
  again: (attempt) => `Try ${attempt}`,
  percent: (percent) => `${percent} %`,
  progress: "Progress",
  preview: (number) => `Preview of ${number}`,
  left: (time) => `about ${time} left`,
  place: (place, isLeast) => (isLeast ? `Place ${place} in line, or later` : place === 1 ? "Next in line" : `Place ${place} in line`),
  startsIn: (time) => `begins in about ${time}`,
  seconds: (count) => `${count} s`,
  minutes: (count) => `${count} min`,
  took: (time) => `took ${time}`,
  held: (millicredits) => `${credits(millicredits)} credits held`,
  cost: (millicredits) => `${credits(millicredits)} credits`,
  partly: (released, total, captured, quoted) => `${released} of ${total} released, ${credits(captured)} of ${credits(quoted)} credits`,
  returned: (millicredits) => `${credits(millicredits)} credits returned`,
  refused: (reason) => `Not released: ${reason}, 0 credits`,
  unreleased: "it did not pass the checks",
  failures: {
    "attempts-exhausted": "It was tried several times and broke off each time.",
    "deadline-passed": "Its time ran out before a worker could finish it.",
    "adapter-refused": "What was learnt did not resemble the photos closely enough.",
    "screening-unavailable": "The checks could not be made, and nothing is released without them.",
    "source-gone": "The picture that it was to begin with is gone.",
  },
  failed: "It could not be finished.",
  cancel: "Cancel",
  cancelTitle: (count) => (count === 1 ? "Cancel this job?" : `Cancel ${count} jobs?`),
  cancelText: (names, held) => `${names.join("; ")}. What is drawn so far is lost, and ${credits(held)} credits come back.`,
  cancelled: (count) => (count === 1 ? "Cancelled." : `${count} jobs cancelled.`),
  ended: "It has ended already.",
  retry: (millicredits) => `Try again · ${credits(millicredits)} credits`,
  retried: "Asked for again.",
  buy: (missing) => `Buy ${credits(missing)} credits`,
  reuse: "Again",
  select: (title) => `Select ${title}`,
  selected: (count) => `${count} selected`,
  cancelSelected: "Cancel the selected ones",
  unselect: "Select none",
  keys: { next: "Next job (Enter opens it)", previous: "Previous job", select: "Select the job", cancel: "Cancel the job" },
  noTwin: "Nobody",
});
