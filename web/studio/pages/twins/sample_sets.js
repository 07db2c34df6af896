// Sets of sample photos, for a studio that draws cartoons: nobody's photographs are needed to try it.

import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { words as shared } from "../../words/en.js";
import { words as twins } from "../../words/en/twins.js";

const SEEN = 3;

/** Answers what draws them; `use(files)` is called with the photos of the one that is taken. */
export function sampleSets(use) {
  const sets = signal([]);
  fetch("/samples/index.json").then((answer) => (answer.ok ? answer.json() : { sets: [] }))
    .then((found) => { sets.value = found.sets; })
    .catch(() => {});
  const isAway = signal(false);
  let isTaking = false;
  const take = async (set) => {
    if (isTaking) return;
    isTaking = true;
    isAway.value = false;
    try {
      use(await Promise.all(set.photos.map(photo)));
    } catch {
      isAway.value = true;
    } finally {
      isTaking = false;
    }
  };
  return () => (sets.value.length ? html`<div class="sample-sets"><p class="faint">${twins.photos.samples}</p><ul>
    ${sets.value.map((set) => keyed(set.name, html`<li><button type="button" class="quiet" @click=${() => take(set)}>
      <span class="faces">${set.photos.slice(0, SEEN).map((url) => html`<img src=${url} alt="" width="56" height="56" loading="lazy" decoding="async">`)}</span>
      ${twins.photos.sample(set.name)}</button></li>`))}</ul><p class="danger" role="alert">${isAway.value ? shared.away.title : ""}</p></div>` : null);
}

async function photo(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(url);
  return answer.blob();
}
