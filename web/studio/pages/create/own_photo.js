// A photo of one's own to begin with: one that is there, or another that is uploaded and judged first.

import { effect, signal, untracked } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { uploadSourcePhoto } from "../../core/uploads.js";
import { open } from "../../parts/dialog.js";
import { stillPicture } from "../../parts/still_picture.js";
import { state } from "../../store.js";
import { flaw } from "../../wording.js";
import { words } from "../../words/en/create.js";
import { ownPhotos } from "./source.js";

const own = words.begin;
const ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,image/heif";

/** Answers the id of an accepted photo; undefined where none was chosen. */
export function choosePhoto(form) {
  const engine = form.engine.value;
  const trained = form.trained.value;
  return open(own.own, (_, { close, onLeave }) => {
    const photos = signal(null);
    const waiting = signal(null);
    const isUploading = signal(false);
    const problem = signal("");
    const twin = signal(form.whole.value.twin || trained[0]?.id);
    ownPhotos(engine.id).then((found) => { photos.value = found; }, (error) => { problem.value = error.message; });
    const judged = () => (waiting.value ? state.sourcePhotos.get(waiting.value) : null);
    // What came of it arrives with the gallery's feed, maybe before the answer that it was taken.
    onLeave(effect(() => {
      if (judged()?.state === "ACCEPTED") untracked(() => close(waiting.value));
    }));
    const upload = async (event) => {
      const input = event.target;
      const [file] = input.files;
      if (!file) return;
      [isUploading.value, waiting.value, problem.value] = [true, null, ""];
      try {
        waiting.value = await uploadSourcePhoto(twin.value, file, engine.id);
      } catch (error) {
        problem.value = error.message;
      } finally {
        isUploading.value = false;
        input.value = "";
      }
    };
    const said = () => {
      if (isUploading.value) return own.uploading;
      const photo = judged();
      if (photo?.state === "REFUSED") return own.refused(photo.flaws.map(flaw));
      return waiting.value ? own.judged : "";
    };
    return () => html`
      ${photos.value?.length === 0 ? html`<p class="faint">${own.noPhoto}</p>` : null}
      <ul class="picker">${(photos.value ?? []).map((photo) => keyed(photo.id, html`<li>
        <button type="button" class="plain" aria-label=${own.withPhoto} @click=${() => close(photo.id)}>${stillPicture(photo, own.alt.photo)}</button></li>`))}</ul>
      ${trained.length === 0 ? html`<p class="note">${own.noTwin}</p>` : html`<div class="ask upload">
        ${trained.length > 1 ? html`<label>${own.whose}<select .value=${twin.value} @change=${(event) => { twin.value = event.target.value; }}>
          ${trained.map((one) => keyed(one.id, html`<option value=${one.id}>${one.name}</option>`))}</select></label>` : null}
        <label>${own.file}<input type="file" accept=${ACCEPTED} disabled=${isUploading.value} @change=${upload}></label>
        <p class="faint">${own.ownText}</p>
        <p role="status">${said()}</p><p class="danger" role="alert">${problem.value}</p></div>`}`;
  }, { kind: "wide" });
}
