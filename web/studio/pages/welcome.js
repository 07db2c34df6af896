// What is left to do until the first picture: five steps, one of them now.

import { href } from "../core/router.js";
import { html } from "../core/template.js";
import { stepList } from "../parts/step_list.js";
import { state } from "../store.js";
import { words } from "../words/en/welcome.js";
import { verification } from "./welcome/verification.js";

/** Draws the steps, and of what is now the one thing to press. */
export default function welcome(_, { onLeave }) {
  const panel = verification({ onLeave });
  return () => {
    const list = stepsOf(state);
    const now = list.find((step) => step.state === "now");
    return html`<div class="steps-page">
      <section><h2>${words.steps.title}</h2>${stepList(words.steps.called, list)}
        ${now && now.action ? html`<p><a class="button" href=${now.href}>${now.action}</a></p>` : null}
        ${now ? null : html`<p>${words.done}</p><p><a class="button" href=${href("create")}>${words.actions.picture}</a></p>`}</section>
      ${panel()}</div>`;
  };
}

/** The five steps as the page knows them; the first that is not done is now. */
function stepsOf({ viewer, wallet, jobs, assets }) {
  const twins = viewer?.twins.edges.map(({ node }) => node) ?? [];
  const begun = twins.find((twin) => !twin.trained) ?? twins[0];
  const isDone = {
    verify: viewer?.verification.status === "VERIFIED",
    twin: twins.some((twin) => twin.biometricReleaseSigned && twin.consent?.granted),
    credits: (wallet?.available ?? 0) > 0 || (wallet?.spent ?? 0) > 0,
    photos: twins.some((twin) => twin.trained),
    picture: assets.size > 0 || [...jobs.values()].some((job) => job.kind !== "TRAINING" && job.state === "COMPLETED"),
  };
  const goes = {
    twin: href("twins"),
    credits: href("credits"),
    photos: begun ? href("twins", [begun.id]) : href("twins"),
    picture: href("create"),
  };
  const names = ["verify", "twin", "credits", "photos", "picture"];
  const now = names.find((name) => !isDone[name]);
  return names.map((name) => ({
    name,
    title: words.steps[name],
    state: isDone[name] ? "done" : name === now ? "now" : "locked",
    href: goes[name],
    action: words.actions[name],
  }));
}
