// Controls that every kind of request has, and how they are read.

import { element, field } from "../element.js";
import { plain } from "../wording.js";

/** A choice among values; the first is chosen. */
export function choice(name, values, label = plain, chosen = values[0]) {
  return element("select", { name },
    values.map((value) => element("option", { value, selected: value === chosen }, label(value))));
}

/** A number within a range of the engine's. */
export function number(name, range, step) {
  return element("input", {
    name, type: "number", min: range.minimum, max: range.maximum, step, value: String(range.default),
  });
}

/** How many. */
export function howMany(text, countMax, chosen) {
  return field(text, element("input", {
    name: "count", type: "number", min: 1, max: countMax, value: String(Math.min(chosen, countMax)),
  }));
}

/** The shapes that an engine draws. */
export function shapes(engine) {
  return field("Aspect ratio", choice("aspectRatio", engine.aspectRatios.map(({ name }) => name), String));
}

/** A form's number, or null where nothing was typed. */
export function numberOf(data, name) {
  const text = data.get(name);
  return text === null || text === "" ? null : Number(text);
}
