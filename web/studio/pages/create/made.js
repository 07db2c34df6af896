// A picture or clip that was made, and what can be done with it from where one asks for more.

import { command, run } from "../../core/client.js";
import { href } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { complain, toast } from "../../core/toasts.js";
import { icon } from "../../parts/icon.js";
import { stillPicture } from "../../parts/still_picture.js";
import { state } from "../../store.js";
import { words } from "../../words/en/create.js";

const own = words.results;

/** What was just wished, until the gallery's feed says so. */
const starred = signal(new Map());

/** What was put into the trash from here: jobs tell nothing of that. */
const gone = signal(new Set());

/** The item, which opens in the gallery, over its actions. */
export function madeTile(form, asset, called, number) {
  if (gone.value.has(asset.id)) return html`<p class="not-released">${own.trashed}</p><div class="made-actions"></div>`;
  const known = state.assets.get(asset.id);
  const isStarred = starred.value.get(asset.id) ?? known?.favourite ?? asset.favourite;
  const isClip = asset.mediaType.startsWith("video/");
  return html`${isClip ? film(asset, called) : html`<a class="made-link" href=${href("gallery", [asset.id])} aria-label=${`${called}, ${number}`}>${stillPicture(asset, "")}</a>`}
    <div class="made-actions" role="group" aria-label=${own.actions(number)}>
      <button type="button" class=${isStarred ? "plain is-starred" : "plain"} aria-pressed=${isStarred ? "true" : "false"} aria-label=${own.star}
        title=${isStarred ? own.unstar : own.star} @click=${() => star(asset.id, !isStarred)}>${icon("star")}</button>
      ${downloadOf(asset)}
      <button type="button" class="plain" aria-label=${own.seed} title=${`${own.seed}: ${asset.seed}`} @click=${() => takeSeed(form, asset.seed)}>${icon("dice")}</button>
      <button type="button" class="plain" aria-label=${own.trash} title=${own.trash} @click=${() => away(asset.id)}>${icon("trash")}</button></div>`;
}

/** What can be done with all that a job has made; nothing where nothing was released. */
export function moreOf(form, job) {
  const [first] = job.assets;
  return first ? html`<div class="made-all">
    <button type="button" class="quiet" @click=${() => take(form, job, { isOther: true })}>${icon("layers")}${own.like}</button>
    <button type="button" class="quiet" @click=${() => take(form, job, { isOther: false })}>${own.settings}</button></div>` : null;
}

function takeSeed(form, seed) {
  form.change({ seed: String(seed) });
  form.isAdvancedOpen.value = true;
  form.said.value = own.taken.seed(seed);
}

function film(asset, called) {
  const poster = asset.large?.url ?? asset.renditions.find(({ role }) => role === "POSTER")?.url;
  return html`<video preload="none" controls loop playsinline .muted=${true} src=${asset.url} poster=${poster} width=${asset.width} height=${asset.height} aria-label=${called}></video>`;
}

// Only what carries content credentials leaves the studio.
function downloadOf(asset) {
  const master = asset.renditions.find(({ role }) => role === "MASTER");
  return master ? html`<a class="button plain" href=${`${master.url}&download`} download="" aria-label=${own.download} title=${own.download}>${icon("download")}</a>` : null;
}

async function away(asset) {
  const shown = (is) => {
    const next = new Set(gone.value);
    if (is) next.delete(asset); else next.add(asset);
    gone.value = next;
  };
  const attempt = (work) => work().catch((error) => complain(error.message));
  shown(false);
  await attempt(async () => {
    try {
      const { change } = await command("ChangeAssets", { change: "TRASH", assets: [asset] });
      toast(own.inTrash, { text: own.undo, action: () => attempt(async () => { await command("UndoChange", { change }); shown(true); }) });
    } catch (error) {
      shown(true);
      throw error;
    }
  });
}

async function star(asset, favourite) {
  starred.value = new Map(starred.value).set(asset, favourite);
  try {
    await command("SetFavourite", { asset, favourite });
  } catch (error) {
    starred.value = new Map(starred.value).set(asset, !favourite);
    complain(error.message);
  }
}

// What made an item is asked for where it is wanted: a job does not tell all of it.
async function take(form, job, { isOther }) {
  const [{ id }] = job.assets;
  try {
    const draft = await run("Draft", { asset: id });
    const kind = draft.images ? "image" : "video";
    const all = { count: { ...form.wish.value.count, [kind]: job.settings?.count ?? 1 } };
    form.takeDraft(draft, isOther ? { ...all, seed: "", variationOf: draft.images ? id : null } : all);
    form.said.value = isOther ? own.taken.like : own.taken.settings;
  } catch (error) {
    complain(error.message);
  }
}
