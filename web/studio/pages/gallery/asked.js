// What the gallery asks for over the page: a name for a collection, which collection or tag, whether it is meant.

import { command } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { ask, open } from "../../parts/dialog.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/gallery.js";
import { words as shared } from "../../words/en.js";

/** Asks before items are deleted for ever. */
export const meant = (count) => ask({ title: words.purge.title(count), text: words.purge.text, action: words.purge.action });

/** Makes a collection, or renames `one`. Answers `{ id, name }`, undefined where it was let be. */
export function nameCollection(one = null) {
  const { make, rename, name, create } = words.collection;
  return open(one ? rename : make, (dialog, { close }) => {
    const problem = signal("");
    const save = async (event) => {
      event.preventDefault();
      const data = new FormData(event.currentTarget);
      const called = String(data.get("name")).trim();
      const isPrivate = data.get("private") !== null;
      problem.value = "";
      try {
        if (one && called !== one.name) await command("RenameCollection", { collection: one.id, name: called });
        if (one && isPrivate !== one.private) await command("SetCollectionPrivacy", { collection: one.id, private: isPrivate });
        const id = one?.id ?? (await command("CreateCollection", { name: called, private: isPrivate })).collection;
        close({ id, name: called });
      } catch (error) {
        problem.value = error.message;
      }
    };
    return () => html`<form class="ask" @submit=${save}>
      <label>${name}<input name="name" required maxlength="60" autocomplete="off" autofocus .value=${one?.name ?? ""}></label>
      <label class="check"><input type="checkbox" name="private" .checked=${one?.private ?? false}><span>${words.collection.private}</span></label>
      <p class="danger" role="alert">${problem.value}</p>
      <div class="actions"><button type="button" class="quiet" @click=${() => close()}>${shared.dialog.cancel}</button>
        <button>${one ? rename : create}</button></div>
    </form>`;
  });
}

/** Which of these labels, or a new one. Answers `{ id, name }`, undefined where it was let be. */
export async function whichLabel(title, known, makeText, make) {
  const chosen = await open(title, (_, { close }) => () => html`<ul class="labels">
    ${known.map((one) => keyed(one.id, html`<li><button type="button" class="quiet" @click=${() => close(one)}>${one.name}</button></li>`))}
    ${keyed("new", html`<li><button type="button" @click=${() => close("new")}>${icon("plus")}${makeText}</button></li>`)}
  </ul>`);
  return chosen === "new" ? make() : chosen;
}

/** Makes a tag. Answers `{ id, name }`. */
export function nameTag() {
  return open(words.tag.make, (_, { close }) => {
    const problem = signal("");
    const save = async (event) => {
      event.preventDefault();
      const name = String(new FormData(event.currentTarget).get("name")).trim();
      try {
        close({ id: (await command("CreateTag", { name })).tag, name });
      } catch (error) {
        problem.value = error.message;
      }
    };
    return () => html`<form class="ask" @submit=${save}>
      <label>${words.collection.name}<input name="name" required maxlength="60" autocomplete="off" autofocus></label>
      <p class="danger" role="alert">${problem.value}</p>
      <div class="actions"><button>${words.collection.create}</button></div></form>`;
  });
}
