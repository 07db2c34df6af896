// Ask for pictures or clips on the left; what came of it in this sitting on the right.

import { run } from "../core/client.js";
import { hotkey } from "../core/hotkeys.js";
import { href, route, wish } from "../core/router.js";
import { computed, effect, untracked } from "../core/signal.js";
import { html } from "../core/template.js";
import { words } from "../words/en/create.js";
import { advanced, throwDice } from "./create/advanced.js";
import { begin } from "./create/begin.js";
import { createForm } from "./create/form.js";
import { kindNamed } from "./create/kinds.js";
import { counts, moves, ratios, styles } from "./create/looks.js";
import { pressing } from "./create/press.js";
import { promptField } from "./create/prompt_field.js";
import { quoting } from "./create/quoting.js";
import { results } from "./create/results.js";
import { whichEngine, who } from "./create/who.js";
import { priced, without } from "./create/wish.js";

export default function create(container, { onLeave }) {
  const form = createForm(onLeave);
  const asked = computed(() => {
    const [engine, kind, source] = [form.engine.value, form.kind.value, form.source.value];
    const isReady = engine && (source === null || form.begun.value);
    return isReady ? { [kind.quoted]: priced(without(form.whole.value, kind, form.flaws.value), kind, engine, form.begun.value) } : null;
  });
  const price = quoting(asked, onLeave);
  const button = pressing(form, price, container, onLeave);
  onLeave(effect(() => followAddress(form)));

  // What lies over the page has the keys.
  const here = (action) => () => { if (!document.querySelector("dialog[open]")) action(); };
  onLeave(hotkey("Ctrl+Enter", words.button.create, here(button.press)));
  onLeave(hotkey("Alt+r", words.button.reuse, here(form.reuse)));
  onLeave(hotkey("Alt+d", words.advanced.dice, here(() => { form.isAdvancedOpen.value = true; throwDice(form); })));

  const made = results(form);
  return () => html`<div class="create">
    <div class="create-form" role="form" aria-label=${words.form}>
      ${tabs(form)}
      ${form.engine.value ? fields(form, price.quote.value) : null}
      ${button.draw()}</div>
    ${made()}</div>`;
}

function tabs(form) {
  return html`<nav class="tabs" aria-label=${words.kinds.called}>${["image", "video"].map((kind) => html`
    <a href=${href("create", [], { kind })} aria-current=${form.kind.value.name === kind ? "page" : null}>${words.kinds[kind]}</a>`)}</nav>`;
}

const fields = (form, quote) => html`
  ${who(form)}
  ${whichEngine(form)}
  ${form.engine.value.readsWords ? promptField(form, quote) : null}
  ${begin(form)}
  ${moves(form)}
  ${styles(form)}
  ${ratios(form)}
  ${counts(form)}
  ${advanced(form, quote.negativePrompt)}`;

// What an address asks for is taken into the form, and then out of the address: a reload keeps what was changed since.
function followAddress(form) {
  const { page, query } = route.value;
  if (page !== "create") return;
  const { kind, source, photo, twin, draft, like } = query;
  untracked(() => {
    if (kind) form.change({ kind: kindNamed(kind).name });
    if (source || photo) form.change({ source: source ?? photo, variationOf: null });
    if (twin) form.change({ twin, variationOf: null });
    if (draft || like) takeDraft(form, draft ?? like, Boolean(like));
    if (source || photo || twin || draft || like) wish({ source: null, photo: null, twin: null, draft: null, like: null });
  });
}

async function takeDraft(form, asset, isOther) {
  try {
    const draft = await run("Draft", { asset });
    if (!draft) throw new Error(words.begin.draftGone);
    form.takeDraft(draft, isOther ? { seed: "", variationOf: asset } : {});
  } catch (error) {
    form.problem.value = error.message;
  }
}
