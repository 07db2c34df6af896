// An address that names nothing here, or nothing that this person has.

import { html } from "../core/template.js";
import { emptyState } from "../parts/empty_state.js";
import { words } from "../words/en.js";

export default function notFound() {
  return () => emptyState("search", words.notFound.title, words.notFound.text, html`<a class="button" href="#/">${words.notFound.back}</a>`);
}
