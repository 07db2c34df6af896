// Asking for pictures: how many, of which shape, and the picture that they are drawn from anew.

import { field } from "../element.js";
import { howMany, number, numberOf, shapes } from "./fields.js";

export const PICTURES = {
  name: "picture",
  title: "Pictures",
  request: "RequestImages",
  priced: "images",
  said: "Your pictures are being made.",
  offered: () => true,
  steps: (engine) => engine.steps,
  /** What is said on the button of a picture that one begins with. */
  fromPicture: "Remix",
  controls: (engine, source) => [
    // A picture that is drawn anew keeps its shape, and how much changes is what one comes for.
    source ? field("Drawn anew", number("sourceStrength", engine.sourceStrength, 0.05)) : shapes(engine),
    howMany("How many", engine.countMax, 4),
  ],
  advanced: () => [],
  input: (data, source) => ({
    aspectRatio: source ? null : data.get("aspectRatio"),
    source: source?.id ?? null,
    sourceStrength: numberOf(data, "sourceStrength"),
  }),
};
