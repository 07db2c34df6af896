// Ask for pictures or clips: what they show, how they look, and what they cost before the click.

import { address, goTo } from "../address.js";
import { route } from "../core/router.js";
import { effect, untracked } from "../core/signal.js";
import { CLIPS } from "../ask/clips.js";
import { chooseSource } from "../ask/choose_source.js";
import { chooseOwnPhoto, ownPhoto, shownPhoto } from "../ask/own_photo.js";
import { choice, number, numberOf } from "../ask/fields.js";
import { PICTURES } from "../ask/pictures.js";
import { element, field, form } from "../element.js";
import { command, run } from "../core/client.js";
import { still } from "../media.js";
import { attempt, notice } from "../notice.js";
import { state } from "../store.js";
import { credits, readAs } from "../wording.js";

const KINDS = [PICTURES, CLIPS];

export default function page(main, { onLeave }) {
  let end = () => {};
  // Another kind, or another picture to begin with, is another form.
  onLeave(effect(() => {
    void route.value;
    untracked(() => { end(); end = create(main); });
  }));
  onLeave(() => end());
}

function create(main) {
  const engine = state.catalogue.engines[0];
  const { wishes } = address();
  const kinds = KINDS.filter((kind) => kind.offered(engine));
  const kind = kinds.find(({ name }) => name === wishes.get("kind")) ?? kinds[0];
  const begun = ["source", "photo"].find((name) => wishes.get(name));
  const id = begun && wishes.get(begun);
  const page = element("section", {}, element("h2", {}, "Create"), tabs(kinds, kind, begun, id));
  main.replaceChildren(page);
  let left = false;
  const ending = [() => { left = true; }];
  attempt(async () => {
    const source = await sourceOf(begun, id);
    if (left) return;
    if (id && !source?.url) notice("What it was to begin with is gone, or hidden. Choose another.");
    page.append(...ordered(engine, kind, source?.url ? source : null, (end) => ending.push(end)));
  });
  return () => ending.forEach((end) => end());
}

async function sourceOf(begun, id) {
  if (!id) return null;
  return begun === "photo" ? ownPhoto(id) : (await run("Asset", { id })).asset;
}

// The picture that one begins with is kept on the way from pictures to clips and back.
function tabs(kinds, chosen, name, source) {
  const begun = source ? `&${name}=${encodeURIComponent(source)}` : "";
  return element("nav", { class: "tabs", "aria-label": "What to create" }, kinds.map((kind) =>
    element("a", {
      href: `#/create?kind=${kind.name}${begun}`, "aria-current": kind === chosen ? "page" : null,
    }, kind.title)));
}

function ordered(engine, kind, source, leave) {
  const trained = state.viewer.twins.edges.map(({ node }) => node).filter((twin) => twin.trained);
  const price = element("output", {}, "…");
  const reading = element("p", { class: "faint", "aria-live": "polite" });
  const problem = element("p", { class: "danger", role: "alert", hidden: true });
  let quoted = null;
  let asked = 0;

  const priced = (data) => ({
    // What begins with a picture of a twin is of that twin: the studio knows which.
    twin: source ? source.twin : data.get("twin") || null,
    engine: engine.id,
    prompt: data.get("prompt"),
    negativePrompt: data.get("negativePrompt") || null,
    style: data.get("style"),
    count: Number(data.get("count")),
    numInferenceSteps: Number(data.get("numInferenceSteps")),
    guidanceScale: Number(data.get("guidanceScale")),
    twinStrength: Number(data.get("twinStrength")),
    ...kind.input(data, source),
  });
  const inputOf = (data) => ({
    ...priced(data), seed: numberOf(data, "seed"), rating: data.get("rating"),
  });
  // What is wrong is said where it is, and stays until it is put right.
  const trying = async (action) => {
    try {
      await action();
      problem.hidden = true;
      return true;
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      return false;
    }
  };
  const requote = async () => {
    const turn = (asked += 1);
    let answer;
    let refusal = null;
    try {
      answer = await run("Quote", { [kind.priced]: priced(new FormData(made)) });
    } catch (error) {
      refusal = error;
    }
    // Answers may overtake each other: only the newest question counts.
    if (turn !== asked) return false;
    return trying(async () => {
      quoted = answer;
      price.textContent = refusal ? "–" : credits(quoted.millicredits);
      if (refusal) throw refusal;
      reading.textContent = readAs(quoted.prompt);
    });
  };

  const made = form(async (data) => {
    if (!await requote()) return;
    await trying(async () => {
      await command(kind.request, { ...inputOf(data), priceVersion: quoted.priceVersion });
      notice(kind.said);
      goTo("queue");
    });
  },
  source ? begins(source, kind) : field("Twin", element("select", { name: "twin" },
    trained.map((twin) => element("option", { value: twin.id }, twin.name)),
    element("option", { value: "" }, "No twin"))),
  field("Prompt", element("textarea", {
    name: "prompt", rows: 3, required: true, maxLength: engine.promptLengthMax,
    placeholder: "smiling, looking left, green top, yellow background", value: source?.prompt ?? "",
  })),
  engine.negativePrompt ? field("Negative prompt", element("input", {
    name: "negativePrompt", maxLength: engine.promptLengthMax, placeholder: "glasses",
  })) : null,
  element("div", { class: "row" },
    ...kind.controls(engine, source).filter(Boolean),
    field("Style", choice("style", engine.styles, undefined, source?.style ?? engine.styles[0])),
    field("Rating at most", choice("rating", engine.ratings))),
  element("details", {}, element("summary", {}, "Advanced"),
    element("div", { class: "row" },
      ...kind.advanced(engine, source).filter(Boolean),
      field("Seed (empty: any)", element("input", { name: "seed", type: "number", min: 0, max: 2147483647 })),
      field("Steps", number("numInferenceSteps", kind.steps(engine), 1)),
      field("Guidance", number("guidanceScale", engine.guidance, 0.5)),
      field("Twin strength", number("twinStrength", engine.strength, 0.05)))),
  reading,
  problem,
  element("p", {}, "Price: ", price, " credits"),
  element("div", {}, element("button", {}, "Create")));
  made.addEventListener("change", requote);
  made.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) made.requestSubmit();
  });
  requote();
  return [
    trained.length || source ? null : element("p", { class: "faint" },
      "You have no trained twin yet; without one they show nobody in particular."),
    source ? null : chooseSource(engine, kind),
    source || !trained.length ? null : chooseOwnPhoto(engine, kind, trained, leave),
    made,
  ].filter(Boolean);
}

function begins(source, kind) {
  return element("figure", { class: "source" },
    source.state ? shownPhoto(source) : still(source),
    element("figcaption", {}, `It begins with this ${source.state ? "photo" : "picture"}. `,
      element("a", { href: `#/create?kind=${kind.name}` }, "Begin with words instead")));
}
