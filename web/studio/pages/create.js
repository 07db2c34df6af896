// Ask for pictures: what they show, how they look, and what they cost before the click.

import { element, field, form } from "../element.js";
import { command, run } from "../graphql.js";
import { attempt, notice } from "../notice.js";
import { state } from "../state.js";
import { credits, plain, readAs } from "../words.js";

export function create(main) {
  const engine = state.catalogue.engines[0];
  const trained = state.viewer.twins.edges.map(({ node }) => node).filter((twin) => twin.trained);
  const price = element("output", {}, "…");
  const reading = element("p", { class: "faint", "aria-live": "polite" });
  let quoted = null;
  let asked = 0;

  const number = (name, range, step) => element("input", {
    name, type: "number", min: range.minimum, max: range.maximum, step, value: String(range.default),
  });
  const choice = (name, values, label = plain) =>
    element("select", { name }, values.map((value) => element("option", { value }, label(value))));

  const inputOf = (data) => ({
    twin: data.get("twin") || null,
    engine: engine.id,
    prompt: data.get("prompt"),
    negativePrompt: data.get("negativePrompt") || null,
    aspectRatio: data.get("aspectRatio"),
    style: data.get("style"),
    count: Number(data.get("count")),
    seed: data.get("seed") === "" ? null : Number(data.get("seed")),
    numInferenceSteps: Number(data.get("numInferenceSteps")),
    guidanceScale: Number(data.get("guidanceScale")),
    twinStrength: Number(data.get("twinStrength")),
    rating: data.get("rating"),
  });

  const made = form((data) => attempt(async () => {
    await requote();
    await command("RequestImages", { ...inputOf(data), priceVersion: quoted.priceVersion });
    notice("Your pictures are being made.");
    location.hash = "jobs";
  }),
  field("Twin", element("select", { name: "twin" },
    trained.map((twin) => element("option", { value: twin.id }, twin.name)),
    element("option", { value: "" }, "No twin"))),
  field("Prompt", element("textarea", {
    name: "prompt", rows: 3, required: true, maxLength: engine.promptLengthMax,
    placeholder: "smiling, looking left, green top, yellow background",
  })),
  engine.negativePrompt ? field("Negative prompt", element("input", {
    name: "negativePrompt", maxLength: engine.promptLengthMax, placeholder: "glasses",
  })) : null,
  element("div", { class: "row" },
    field("Style", choice("style", engine.styles)),
    field("Aspect ratio", choice("aspectRatio", engine.aspectRatios.map(({ name }) => name), String)),
    field("Pictures", element("input", {
      name: "count", type: "number", min: 1, max: engine.countMax, value: "4",
    })),
    field("Rating at most", choice("rating", engine.ratings))),
  element("details", {}, element("summary", {}, "Advanced"),
    element("div", { class: "row" },
      field("Seed (empty: any)", element("input", { name: "seed", type: "number", min: 0, max: 2147483647 })),
      field("Steps", number("numInferenceSteps", engine.steps, 1)),
      field("Guidance", number("guidanceScale", engine.guidance, 0.5)),
      field("Twin strength", number("twinStrength", engine.strength, 0.05)))),
  reading,
  element("p", {}, "Price: ", price, " credits"),
  element("div", {}, element("button", {}, "Create")));

  const requote = async () => {
    const turn = (asked += 1);
    const { engine: id, count, numInferenceSteps, aspectRatio, twin, style, twinStrength, prompt,
      negativePrompt } = inputOf(new FormData(made));
    const answer = await run("Quote", {
      images: { engine: id, count, numInferenceSteps, aspectRatio, twin, style, twinStrength, prompt,
        negativePrompt },
    });
    // Answers may overtake each other: only the newest question counts.
    if (turn === asked) {
      quoted = answer;
      price.textContent = credits(quoted.millicredits);
      reading.textContent = readAs(quoted.prompt);
    }
  };
  made.addEventListener("change", () => attempt(requote));
  made.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) made.requestSubmit();
  });
  main.replaceChildren(element("section", {}, element("h2", {}, "Create"),
    trained.length ? null : element("p", { class: "faint" },
      "You have no trained twin yet; pictures without one show nobody in particular."),
    made));
  attempt(requote);
}
