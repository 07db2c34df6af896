// What is done with all that is selected, at the bottom of the window while anything is.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { toast } from "../../core/toasts.js";
import { icon } from "../../parts/icon.js";
import { words } from "../../words/en/gallery.js";
import { meant, nameCollection, nameTag, whichLabel } from "./asked.js";

/** `acts` are the gallery's changes; `filter()` and `wishes()` say what the list shows. */
export function selectionBar({ selection, holdings, loading, acts, filter, wishes }) {
  const isZipping = signal(false);

  const starred = (favourite) => async () => {
    const { ids, isAll } = selection;
    const kind = favourite ? "FAVOURITE" : "UNFAVOURITE";
    const said = favourite ? words.did.starred : words.did.unstarred;
    const count = selection.count.value;
    const seen = () => { for (const id of isAll ? holdings.items.map((one) => one.id) : ids) holdings.change(id, { favourite }); };
    if (isAll) {
      await acts.all(kind, { said: said(count) });
      seen();
    } else {
      const made = await acts.change(kind, ids);
      if (!made) return;
      seen();
      toast(said(count), { text: words.undo, action: () => acts.undo(made, () => { for (const id of ids) holdings.change(id, { favourite: !favourite }); }) });
    }
    selection.clear();
  };

  const labelled = (key, title, makeText, make) => async () => {
    const label = await whichLabel(title, loading.labels.value[key], makeText, make);
    if (!label) return;
    const given = { [key === "tags" ? "tag" : "collection"]: label.id };
    const [count, { ids, isAll }] = [selection.count.value, selection];
    const made = isAll ? await acts.changeAll("LABEL", given) : await acts.change("LABEL", ids, given);
    if (!made) return;
    toast(words.did.labelled(count, label.name), { text: words.undo, action: () => acts.undo(made, () => {}) });
    selection.clear();
  };

  const takenOut = async () => {
    const [count, { ids, isAll }] = [selection.count.value, selection];
    const given = { collection: wishes().in };
    if (isAll) await acts.all("UNLABEL", { label: given, said: words.did.takenOut(count) });
    else {
      const gone = ids.map((id) => holdings.get(id)).filter(Boolean);
      const made = await acts.change("UNLABEL", ids, given);
      if (!made) return;
      for (const id of ids) holdings.drop(id);
      toast(words.did.takenOut(count), { text: words.undo, action: () => acts.undo(made, () => gone.forEach((one) => holdings.put(one))) });
    }
    selection.clear();
  };

  const zipped = async () => {
    isZipping.value = true;
    await acts.attempt(async () => {
      const asked = selection.isAll ? { filter: filter() } : { assets: selection.ids };
      const { url, items } = await run("RequestArchive", { input: asked });
      Object.assign(document.createElement("a"), { href: url, download: "" }).click();
      toast(words.did.zip(items));
    });
    isZipping.value = false;
  };

  const moved = (kind, one, said, isAsked = false) => async () => {
    const [count, { ids, isAll }] = [selection.count.value, selection];
    if (isAsked && !await meant(count)) return;
    selection.clear();
    if (isAll) await acts.all(kind, { said: said(count) });
    else await one(ids);
  };

  const act = (sign, text, action, kind = "") => html`<button type="button" class=${`plain ${kind}`} @click=${action}>${icon(sign)}<span>${text}</span></button>`;

  return () => {
    const count = selection.count.value;
    if (!count) return null;
    const { show, in: collection } = wishes();
    const said = words.selection;
    return html`<div class="selection" role="toolbar" aria-label=${said.label}>
      <button type="button" class="plain" aria-label=${said.clear} @click=${() => selection.clear()}>${icon("close")}</button>
      <strong role="status">${said.count(count)}</strong>
      ${selection.isAll || count === holdings.count ? null : html`<button type="button" class="plain all" @click=${() => selection.all()}>${said.all(holdings.count)}</button>`}
      <span class="acts">
        ${show ? null : html`
          ${act("star", said.star, starred(true))}
          ${wishes().fav ? act("star", said.unstar, starred(false)) : null}
          ${act("collection", words.collection.add, labelled("collections", words.collection.into, words.collection.make, () => nameCollection()))}
          ${collection ? act("close", words.collection.takeOut, takenOut) : null}
          ${act("layers", words.tag.add, labelled("tags", words.tag.which, words.tag.make, nameTag))}
          ${act("download", isZipping.value ? said.zipping : said.zip, zipped)}
          ${act("trash", said.trash, moved("TRASH", acts.trash, words.did.trashed))}`}
        ${show === "trash" ? html`${act("refresh", said.restore, moved("RESTORE", acts.restore, words.did.restored))}` : null}
        ${show === "hidden" ? html`${act("check", said.keep, moved("KEEP", acts.keep, words.did.kept))}` : null}
        ${show ? act("trash", said.purge, moved("PURGE", acts.purge, words.did.purged, true), "danger") : null}
      </span>
    </div>`;
  };
}
