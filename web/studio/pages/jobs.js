// Jobs as they go: step, preview, pictures and clips, and what they cost in the end.

import { element } from "../element.js";
import { command } from "../graphql.js";
import { tiled } from "../media.js";
import { attempt, notice } from "../notice.js";
import { listen, state } from "../state.js";
import { credits, plain, time } from "../words.js";

const CALLED = { TRAINING: "Twin training", IMAGES: "Pictures", VIDEO: "Clips" };
const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

export function jobs(main) {
  const list = element("div");
  const cards = new Map();
  const draw = () => {
    const wanted = [...state.jobs.values()]
      .sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1));
    for (const [id, { card }] of cards) if (!state.jobs.has(id)) { card.remove(); cards.delete(id); }
    wanted.forEach((job, index) => {
      const known = cards.get(job.id);
      if (known?.job !== job) {
        const card = jobCard(job);
        if (known) known.card.replaceWith(card);
        cards.set(job.id, { job, card });
      }
      const { card } = cards.get(job.id);
      if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
    });
    empty.hidden = wanted.length > 0;
  };
  const empty = element("p", { class: "faint" }, "No jobs yet.");
  main.replaceChildren(element("h2", {}, "Jobs"), empty, list);
  draw();
  return listen((changed) => { if (changed.includes("jobs")) draw(); });
}

function jobCard(job) {
  const title = job.prompt || (CALLED[job.kind] ?? plain(job.kind));
  const progress = ENDED.has(job.state) ? null : job.progress;
  return element("section", { "aria-label": title },
    element("h3", {}, title),
    element("p", { class: "faint" }, `${plain(job.state)} · ${time(job.requestedAt)}`),
    progress ? element("div", {},
      element("progress", { max: progress.stepsTotal, value: progress.step, "aria-label": "Progress" }),
      element("p", { class: "faint" },
        `${plain(progress.phase)}: step ${progress.step} of ${progress.stepsTotal}`),
      preview(progress)) : null,
    job.assets.length ? element("ul", { class: "grid" }, job.assets.map((asset) =>
      element("li", { class: "tile" }, tiled(asset, title)))) : null,
    job.refusedCount ? element("p", { class: "danger" },
      `${job.refusedCount} did not pass screening; they cost nothing.`) : null,
    money(job),
    ENDED.has(job.state) ? again(job) : element("div", {}, element("button", {
      type: "button",
      class: "danger",
      onclick: () => attempt(() => command("CancelJob", { job: job.id })),
    }, "Cancel")));
}

// All that is being drawn side by side, left to right; of a clip its middle frame.
function preview({ previewPng, previewItems }) {
  if (!previewPng) return null;
  const numbers = previewItems.map((item) => item + 1).join(", ");
  const called = previewItems.length > 1 ? `Preview of ${numbers}, left to right` : "Preview";
  return element("img", { class: "preview", src: previewPng, alt: called, title: called });
}

function money(job) {
  if (!ENDED.has(job.state)) return element("p", { class: "faint" }, `${credits(job.quoted)} credits reserved`);
  const failure = job.failure ? `${plain(job.failure)} · ` : "";
  return element("p", { class: "faint" },
    `${failure}charged ${credits(job.captured)}, returned ${credits(job.released)}`);
}

function again(job) {
  if (job.state !== "FAILED") return null;
  return element("div", {}, element("button", {
    type: "button",
    class: "quiet",
    onclick: () => attempt(async () => {
      await command("RetryJob", {
        job: job.id, priceVersion: state.catalogue.priceVersion,
      });
      notice("Trying again.");
    }),
  }, "Try again"));
}
