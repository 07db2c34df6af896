// Asking for pictures.

import { howMany, shapes } from "./fields.js";

export const PICTURES = {
  name: "picture",
  title: "Pictures",
  request: "RequestImages",
  priced: "images",
  said: "Your pictures are being made.",
  offered: () => true,
  steps: (engine) => engine.steps,
  /** Whether one may begin with a gallery item. */
  takesSource: false,
  controls: (engine) => [shapes(engine), howMany("How many", engine.countMax, 4)],
  advanced: () => [],
  input: (data) => ({ aspectRatio: data.get("aspectRatio") }),
};
