// What stands above the pictures: what waits for a decision, what the trash is, what went wrong.

import { command } from "../../core/client.js";
import { go, href } from "../../core/router.js";
import { html } from "../../core/template.js";
import { ask } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { words as shared } from "../../words/en.js";
import { words } from "../../words/en/gallery.js";
import { nameCollection } from "./asked.js";

/** `undecided`: how many items withdrawing consent has hidden. `acts` are the gallery's changes. */
export function notes({ wishes, undecided, count, labels, acts }) {
  return html`${problem(acts)}${list({ wishes, undecided, count, labels, acts })}`;
}

function problem({ problem: held }) {
  if (!held.value) return null;
  const { text, again } = held.value;
  return html`<div class="note is-bad" role="alert">${icon("warning")}<p>${text}</p><span class="actions">
    ${again ? html`<button type="button" @click=${again}>${shared.again}</button>` : null}
    <button type="button" class="plain" aria-label=${words.problem.dismiss} @click=${() => { held.value = null; }}>${icon("close")}</button></span></div>`;
}

function list({ wishes, undecided, count, labels, acts }) {
  if (wishes.show === "trash") return count ? trash(count, acts) : null;
  if (wishes.show === "hidden" || undecided) return undecided ? hidden(wishes, undecided, acts) : null;
  if (wishes.stack) return ofStack(wishes, count);
  const collection = labels.collections.find(({ id }) => id === wishes.in);
  return collection ? ofCollection(collection, acts) : null;
}

function hidden(wishes, undecided, acts) {
  const found = { hidden: true };
  const purge = async () => {
    const isMeant = await ask({ title: words.hidden.purgeTitle(undecided), text: words.hidden.purgeText, action: words.purge.action });
    if (isMeant) acts.all("PURGE", { found, said: words.hidden.purged });
  };
  return html`<div class="note">${icon("eye")}<p>${wishes.show === "hidden" ? words.hidden.why : words.hidden.waits(undecided)}</p>
    <span class="actions">
      ${wishes.show === "hidden" ? null : html`<a class="button quiet" href=${href("gallery", [], { show: "hidden" })}>${words.hidden.look}</a>`}
      <button type="button" class="quiet" @click=${() => acts.all("KEEP", { found, said: words.hidden.kept })}>${words.hidden.keep}</button>
      <button type="button" class="danger" @click=${purge}>${words.hidden.purge}</button></span></div>`;
}

function trash(count, acts) {
  const empty = async () => {
    const isMeant = await ask({ title: words.trash.emptyTitle(count), text: words.trash.emptyText, action: words.trash.empty });
    if (isMeant) acts.all("PURGE", { said: words.trash.emptied });
  };
  return html`<div class="note">${icon("trash")}<p>${words.trash.why}</p>
    <span class="actions"><button type="button" class="danger" @click=${empty}>${words.trash.empty}</button></span></div>`;
}

function ofStack({ stack: _, ...others }, count) {
  const back = href("gallery", [], others);
  return html`<div class="note is-calm"><h2>${words.stack.title(count)}</h2><span class="actions">
    <a class="button quiet" href=${back} @click=${(event) => { if (leaveStack()) event.preventDefault(); }}>${icon("back")}${words.stack.back}</a></span></div>`;
}

/** Back to the list that a stack was opened from, where it was; answers whether it was from one. */
export function leaveStack() {
  const isFromList = Boolean(history.state?.isOverList);
  if (isFromList) history.back();
  return isFromList;
}

function ofCollection(collection, acts) {
  const { rename, remove, removeTitle, removeText } = words.collection;
  const deleted = async () => {
    if (!await ask({ title: removeTitle(collection.name), text: removeText, action: remove })) return;
    const done = await acts.attempt(() => command("DeleteCollection", { collection: collection.id }));
    if (done) go(href("gallery"), { replace: true });
  };
  return html`<div class="note is-calm"><h2>${collection.name}</h2><span class="actions">
    <button type="button" class="quiet" @click=${() => nameCollection(collection)}>${rename}</button>
    <button type="button" class="plain" @click=${deleted}>${remove}</button></span></div>`;
}
