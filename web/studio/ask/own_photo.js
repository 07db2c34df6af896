// A photo of one's own to begin with: uploaded, judged, and chosen like a picture of the gallery.

import { goTo } from "../address.js";
import { element, field } from "../element.js";
import { run } from "../core/client.js";
import { attempt } from "../notice.js";
import { uploadSourcePhoto } from "../core/uploads.js";
import { listen, state } from "../store.js";
import { flaw } from "../wording.js";

const PHOTOS_MAX = 50;

/** An accepted photo as something to begin with; null where it is not there any more. */
export async function ownPhoto(id) {
  const photo = (await photos()).find((one) => one.id === id);
  return photo?.url ? { ...photo, prompt: "" } : null;
}

/**
 * Chooses among one's photos, or uploads another for one of the trained twins: it shows that twin or
 * nobody. `leave` is called with what is to end when the page is left.
 */
export function chooseOwnPhoto(engine, kind, trained, leave) {
  const found = element("div", { class: "choices" });
  const said = element("p", { role: "status" });
  const twin = element("select", {}, trained.map((one) => element("option", { value: one.id }, one.name)));
  let waiting = null;
  const show = async () => {
    const shown = (await photos()).filter((one) => one.url && one.engine === engine.id);
    found.replaceChildren(...shown.map((photo) => choiceOf(photo, kind)));
  };
  const upload = element("input", {
    type: "file",
    accept: "image/jpeg,image/png,image/webp,image/heic,image/heif",
    onchange: () => attempt(async () => {
      const [file] = upload.files;
      if (!file) return;
      upload.disabled = true;
      said.textContent = "Uploading…";
      try {
        waiting = await uploadSourcePhoto(twin.value, file, engine.id);
        said.textContent = "Your photo is being looked at…";
        heard();
      } catch (error) {
        said.textContent = "";
        throw error;
      } finally {
        upload.disabled = false;
        upload.value = "";
      }
    }),
  });
  // What came of it arrives with the gallery's feed, maybe before the answer that it was taken.
  const heard = () => {
    const photo = state.sourcePhotos.get(waiting);
    if (photo?.state === "ACCEPTED") goTo("create", { kind: kind.name, photo: waiting });
    if (photo?.state === "REFUSED") said.textContent = `The photo ${photo.flaws.map(flaw).join(", ")}.`;
  };
  leave(listen((changed) => changed.includes("sourcePhotos") && heard()));
  let asked = false;
  return element("details", {
    ontoggle: () => {
      if (asked) return;
      asked = true;
      attempt(show);
    },
  }, element("summary", {}, "Begin with a photo of your own"),
  found,
  element("p", { class: "faint" }, "It may show this twin, or nobody. It is deleted a month after its last use."),
  field("Whose photo", twin),
  field("Photo", upload),
  said);
}

async function photos() {
  return (await run("SourcePhotos", { first: PHOTOS_MAX })).sourcePhotos;
}

function choiceOf(photo, kind) {
  return element("button", {
    type: "button",
    class: "quiet",
    "aria-label": "Begin with this photo",
    onclick: () => goTo("create", { kind: kind.name, photo: photo.id }),
  }, shownPhoto(photo));
}

/** The photo as its owner sees it. */
export function shownPhoto(photo) {
  return element("img", {
    loading: "lazy", decoding: "async", alt: "Your photo",
    width: photo.width, height: photo.height, src: photo.url,
  });
}
