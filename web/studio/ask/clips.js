// Asking for clips: how long, what moves, and the picture that one begins with.

import { field } from "../element.js";
import { choice, howMany, number, numberOf, shapes } from "./fields.js";

export const CLIPS = {
  name: "clip",
  title: "Clips",
  request: "RequestVideo",
  priced: "video",
  said: "Your clip is being made.",
  offered: (engine) => engine.clips !== null,
  steps: ({ clips }) => clips.steps,
  /** What is said on the button of a picture that one begins with. */
  fromPicture: "Animate",
  controls: (engine, source) => [
    field("Seconds", choice("durationS", engine.clips.durationsS, String)),
    field("Motion", choice("motion", engine.clips.motions)),
    // A clip has the shape of the picture that it begins with.
    source ? null : shapes(engine),
    howMany("How many", engine.clips.countMax, 1),
  ],
  advanced: ({ clips }, source) => [
    source ? field("Drawn anew", number("sourceStrength", clips.sourceStrength, 0.05)) : null,
  ],
  input: (data, source) => ({
    aspectRatio: source ? null : data.get("aspectRatio"),
    durationS: Number(data.get("durationS")),
    motion: data.get("motion"),
    source: source?.id ?? null,
    sourceStrength: numberOf(data, "sourceStrength"),
  }),
};
