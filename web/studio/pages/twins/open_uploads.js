// Sets that were planned, here or elsewhere, and not handed in. Only so many may be open at once.

import { html } from "../../core/template.js";
import { complain } from "../../core/toasts.js";
import { forgetUploads } from "../../core/uploads.js";
import { refreshViewer } from "../../viewer.js";
import { time } from "../../wording.js";
import { words as twins } from "../../words/en/twins.js";

/** Says which of `twin` are open, and gives them up where that is wished; null where none is. */
export function openUploads(twin) {
  const open = twin.openUploads;
  if (!open.length) return null;
  const giveUp = async () => {
    try {
      let position = null;
      for (const { submission } of open) position = await forgetUploads(twin, submission) ?? position;
      await refreshViewer(position);
    } catch (error) {
      complain(error.message);
    }
  };
  return html`<p class="actions"><span>${twins.photos.open(open.length, time(open.map(({ until }) => until).sort().at(-1)))}</span>
    <button type="button" class="quiet" @click=${giveUp}>${twins.photos.giveUp}</button></p>`;
}
