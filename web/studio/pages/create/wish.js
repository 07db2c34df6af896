// What somebody wishes to have made: as it stands in the form, as it is kept, and as it is asked for.

import { SEED_MAX } from "./kinds.js";

/**
 * Numbers are as typed: "" is what the engine takes where nothing is said. `twin` is "" for nobody, and
 * null where nothing was chosen. `count`, `steps` and `redrawn` are each kind's own.
 */
export const BLANK = Object.freeze({
  kind: "image",
  engine: null,
  twin: null,
  prompt: "",
  negativePrompt: "",
  style: null,
  ratio: null,
  count: { image: 4, video: 1 },
  durationS: null,
  motion: null,
  seed: "",
  steps: { image: "", video: "" },
  guidance: "",
  strength: "",
  redrawn: { image: "", video: "" },
  rating: null,
  source: null,
  variationOf: null,
});

/** What belongs to the closed section of the form, as it was at first. */
export const PLAIN_ADVANCED = { negativePrompt: "", seed: "", steps: BLANK.steps, guidance: "", strength: "", redrawn: BLANK.redrawn, rating: null };

/** One of `offered`: what is wished, or else the first. */
export const oneOf = (offered, wished) => (offered.includes(wished) ? wished : offered[0]);

/** How many, of what can be asked for. */
export function countOf(wish, kind, engine) {
  const counts = kind.counts(engine);
  const wished = wish.count[kind.name];
  return counts.includes(wished) ? wished : counts.findLast((count) => count <= wished) ?? counts[0];
}

/** What is wrong with it, by field: `[least, most, isWhole]` of what would be right, or "empty". */
export function flawsOf(wish, kind, engine) {
  const asked = {
    seed: [wish.seed, 0, SEED_MAX, true],
    steps: [wish.steps[kind.name], ...ends(kind.steps(engine)), true],
    guidance: [wish.guidance, ...ends(engine.guidance), false],
    strength: [wish.strength, ...ends(engine.strength), false],
    ...wish.source ? { redrawn: [wish.redrawn[kind.name], ...ends(kind.sourceStrength(engine)), false] } : {},
  };
  const flaws = wish.prompt.trim() || !engine.readsWords ? {} : { prompt: "empty" };
  for (const [field, [typed, least, most, isWhole]] of Object.entries(asked)) {
    if (!isWithin(typed, least, most, isWhole)) flaws[field] = [least, most, isWhole];
  }
  return flaws;
}

const ends = ({ minimum, maximum }) => [minimum, maximum];

function isWithin(typed, least, most, isWhole) {
  if (typed === "") return true;
  const value = Number(typed);
  return typed.trim() !== "" && Number.isFinite(value) && value >= least && value <= most && (!isWhole || Number.isInteger(value));
}

/** The wish as if nothing had been said where it is wrong: its words can be read all the same. */
export function without(wish, kind, flaws) {
  const right = { ...wish };
  for (const field of Object.keys(flaws)) {
    if (field === "steps" || field === "redrawn") right[field] = { ...wish[field], [kind.name]: "" };
    else if (field !== "prompt") right[field] = "";
  }
  return right;
}

const numbered = (typed) => (typed === "" ? null : Number(typed));

/** What its price depends on, and how its words are read. `source` is what it begins with, or null. */
export function priced(wish, kind, engine, source) {
  return {
    engine: engine.id,
    twin: (source ? source.twin : wish.twin) || null,
    prompt: engine.readsWords ? wish.prompt : "",
    negativePrompt: engine.negativePrompt && wish.negativePrompt.trim() ? wish.negativePrompt : null,
    style: oneOf(engine.styles, wish.style),
    count: countOf(wish, kind, engine),
    aspectRatio: source ? null : oneOf(engine.aspectRatios.map(({ name }) => name), wish.ratio),
    numInferenceSteps: numbered(wish.steps[kind.name]),
    guidanceScale: numbered(wish.guidance),
    twinStrength: numbered(wish.strength),
    source: source?.id ?? null,
    sourceStrength: source ? numbered(wish.redrawn[kind.name]) : null,
    ...kind.name === "video" ? {
      durationS: oneOf(engine.clips.durationsS, wish.durationS),
      motion: oneOf(engine.clips.motions, wish.motion),
    } : {},
  };
}

/** All that is asked for, but for the price. */
export function requested(wish, kind, engine, source) {
  return {
    ...priced(wish, kind, engine, source),
    seed: numbered(wish.seed),
    rating: oneOf(engine.ratings, wish.rating),
    ...kind.name === "image" && wish.variationOf ? { variationOf: wish.variationOf } : {},
  };
}

/** The wish that a `Draft` of an item comes to, on top of another. */
export function drafted(wish, { images, video }) {
  const [kind, draft] = images ? ["image", images] : ["video", video];
  const typed = (number) => (number === null || number === undefined ? "" : String(number));
  return {
    ...wish,
    kind,
    engine: draft.engine,
    twin: draft.twin ?? "",
    prompt: draft.prompt,
    negativePrompt: draft.negativePrompt ?? "",
    style: draft.style,
    ratio: draft.aspectRatio,
    count: { ...wish.count, [kind]: draft.count },
    durationS: draft.durationS ?? wish.durationS,
    motion: draft.motion ?? wish.motion,
    seed: typed(draft.seed),
    steps: { ...wish.steps, [kind]: typed(draft.numInferenceSteps) },
    guidance: typed(draft.guidanceScale),
    strength: typed(draft.twinStrength),
    redrawn: { ...wish.redrawn, [kind]: typed(draft.sourceStrength) },
    rating: draft.rating,
    source: draft.source,
    variationOf: null,
  };
}
