// Whom it shows, and which engine draws it.

import { href } from "../../core/router.js";
import { html, keyed } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { stillPicture } from "../../parts/still_picture.js";
import { state } from "../../store.js";
import { words } from "../../words/en/create.js";
import { choices } from "./choices.js";
import { isHere } from "../../engines.js";
import { portrait } from "./portraits.js";

/** Faces to choose from; a sentence where what it begins with has chosen already. */
export function who(form) {
  const trained = form.trained.value;
  if (form.begun.value) {
    const twin = form.twin.value;
    return twin ? html`<p class="fixed-twin">${face(twin)}<span>${words.twin.fixed(twin.name)}</span></p>` : null;
  }
  const others = form.twins.value.filter((twin) => !trained.includes(twin));
  return html`<div class="who">
    ${choices({
      name: "twin",
      called: words.twin.called,
      kind: "face",
      chosen: form.whole.value.twin,
      pick: (twin) => form.change({ twin, variationOf: null }),
      offered: [
        ...trained.map((twin) => ({ value: twin.id, inside: html`${face(twin)}<span>${twin.name}</span>` })),
        { value: "", inside: html`<span class="face is-nobody">${icon("twins")}</span><span>${words.twin.nobody}</span>` },
      ],
    })}
    ${trained.length ? null : html`<p class="faint">${words.twin.none} <a href=${href("twins")}>${words.twin.make}</a></p>`}
    ${others.map((twin) => keyed(twin.id, html`<p class="faint"><a href=${href("twins", [twin.id])}>${words.twin.untrained(twin.name)}</a></p>`))}
  </div>`;
}

function face(twin) {
  const picture = portrait(twin.id);
  return html`<span class="face">${picture ? stillPicture(picture, "") : html`<span aria-hidden="true">${(twin.name ?? "").slice(0, 1)}</span>`}</span>`;
}

/** Nothing where there is no choice. What an engine lacks stands at it. */
export function whichEngine(form) {
  const engine = form.engine.value;
  const replaced = form.replaced.value;
  const note = replaced && engine ? html`<p class="note" role="status">${replaced.title
    ? words.engine.replaced(replaced.title, replaced.lacks, engine.title) : words.engine.gone(engine.title)}</p>` : null;
  if (form.offered.value.length < 2) return note;
  return html`${note}${choices({
    name: "engine",
    called: words.engine.called,
    kind: "engine",
    chosen: engine.id,
    pick: (id) => form.change({ engine: id, variationOf: null }),
    offered: state.catalogue.engines.filter((one) => form.kind.value.offered(one)).map((one) => ({
      value: one.id,
      isOff: !form.offered.value.includes(one),
      inside: html`<span><b>${one.title}</b>${isHere(one) ? null : html`<small>${words.engine.lacks(one.lacks)}</small>`}</span>`,
    })),
  })}`;
}
