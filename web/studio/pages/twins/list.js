// The twins as cards, each with what comes next, and the form of a new one.

import { intention } from "../../core/client.js";
import { go, href } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { state } from "../../store.js";
import { seen } from "../../viewer.js";
import { words } from "../../words/en/twins.js";

/** Answers what draws it. */
export function twinList() {
  const problem = signal("");
  const isAsking = signal(false);
  const create = intention("CreateTwin");
  const made = async (event) => {
    event.preventDefault();
    if (isAsking.value) return;
    const [from, form] = [location.hash, event.currentTarget];
    isAsking.value = true;
    problem.value = "";
    try {
      const { twin, position } = await create({ name: new FormData(form).get("name") });
      form.reset();
      await seen(position);
      go(href("twins", [twin]), { from });
    } catch (error) {
      problem.value = error.message;
    } finally {
      isAsking.value = false;
    }
  };
  return () => {
    const own = state.viewer?.twins.edges.map(({ node }) => node) ?? [];
    return html`
      ${own.length ? html`<ul class="twins">${own.map((twin) => keyed(twin.id, card(twin)))}</ul>` : html`<p class="faint">${words.list.empty}</p>`}
      <section class="new-twin"><h2>${words.name.title}</h2><form @submit=${made}>
        <label>${words.name.label}<input name="name" required maxlength="80" autocomplete="off"></label>
        <p class="faint">${words.name.hint}</p><p class="danger" role="alert">${problem.value}</p>
        <div><button disabled=${isAsking.value}>${words.name.action}</button></div></form></section>`;
  };
}

function card(twin) {
  const { list } = words;
  return html`<li class="card" aria-label=${twin.name}>
    <span class="face">${icon("twins")}</span>
    <div><h2><a href=${href("twins", [twin.id])}>${twin.name}</a></h2>
      <p class="faint">${list.statuses[twin.status]}${twin.trained ? ` · ${list.likeness(twin.trained.similarity)}` : ""}</p>
      <p>${next(twin)}</p></div></li>`;
}

function next(twin) {
  const { list } = words;
  if (twin.status === "TRAINING") return html`<a class="button" href=${href("twins", [twin.id, "training"])}>${list.training}</a>`;
  if (twin.trained) return html`<a class="button" href=${href("create", [], { twin: twin.id })}>${list.create(twin.name)}</a>`;
  return html`<a class="button" href=${href("twins", [twin.id])}>${list.goOn}</a>`;
}
