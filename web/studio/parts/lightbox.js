// One picture or clip over everything else, at an address of its own: Back and Esc lead to where one was.

import { run } from "../core/client.js";
import { kept } from "../core/kept.js";
import { live } from "../core/part.js";
import { go, href } from "../core/router.js";
import { computed, effect, signal, untracked } from "../core/signal.js";
import { html, keyed } from "../core/template.js";
import { words } from "../words/en/lightbox.js";
import { actions } from "./lightbox/actions.js";
import { compareBar, comparing, comparison } from "./lightbox/compare.js";
import { filmstrip } from "./lightbox/filmstrip.js";
import { info } from "./lightbox/info.js";
import { lightboxKeys } from "./lightbox/keys.js";
import { stage } from "./lightbox/stage.js";
import { icon } from "./icon.js";
import { calledOf, isClip, stillOf } from "./picture_tile.js";

/** What lies under it and cannot be reached meanwhile. */
const UNDER = [".skip", ".bar", "#navigation", "#banner", "main"];
/** Somebody who leafs through does not want all that is said of each. */
const LEAFING_MS = 120;
/** So many on each side are there before they are leafed to. */
const AROUND = 10;

/**
 * Shows what `opened` names, an asset's id, for as long as it names one. `holdings` are the items around
 * it, `acts` the gallery's changes, `addressOf(id)` where each is; `closed(id)` is told which was seen last.
 * Returns the function that ends it.
 */
export function lightbox(given) {
  let end = null;
  let last = null;
  const stop = effect(() => {
    const id = given.opened.value;
    untracked(() => {
      if (id && !end) end = over(given);
      if (!id && end) {
        end();
        end = null;
        given.closed(last);
      }
      last = id;
    });
  });
  return () => {
    stop();
    end?.();
  };
}

function over({ opened, holdings, acts, wishes, addressOf, want }) {
  const box = Object.assign(document.createElement("div"), { className: "lightbox", tabIndex: -1 });
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-modal", "true");
  const under = /** @type {HTMLElement[]} */ (UNDER.map((name) => document.querySelector(name)).filter(Boolean));
  const details = signal(new Map());
  const isInformed = kept("lightbox.info", false);
  const failed = signal(null);

  /** What is known of one: from the list at once, in full when it has come. */
  const known = (id) => {
    void holdings.version.value;
    const full = details.value.get(id);
    const listed = holdings.get(id);
    return full || listed ? { ...full, ...listed, checks: full?.checks ?? null, renditions: full?.renditions ?? null } : null;
  };
  const item = computed(() => known(opened.value));
  const beside = (steps) => {
    void holdings.version.value;
    return holdings.beside(opened.value, steps);
  };

  const close = () => {
    if (history.state?.isOverGallery) history.back();
    else go(href("gallery", [], wishes()), { replace: true });
  };
  const step = (steps) => {
    const to = beside(steps);
    if (to) go(addressOf(to.id), { replace: true });
  };
  /** It is gone from the list: the next one takes its place. */
  const leave = () => {
    const to = beside(1) ?? beside(-1);
    if (to) go(addressOf(to.id), { replace: true });
    else close();
  };

  const learn = async (id) => {
    try {
      const { asset } = await run("Asset", { id });
      details.value = new Map(details.value).set(id, asset);
    } catch (error) {
      if (opened.value === id) failed.value = error;
    }
  };
  let leafing = 0;
  const stopLearning = effect(() => {
    const id = opened.value;
    if (!id) return;
    untracked(() => {
      failed.value = null;
      clearTimeout(leafing);
      if (!details.value.has(id)) leafing = setTimeout(() => learn(id), holdings.get(id) ? LEAFING_MS : 0);
      preload([beside(1), beside(-1)]);
      const at = holdings.find(id);
      if (at) {
        const rank = holdings.rank(at);
        want(holdings.ranked(Math.max(0, rank - AROUND)), holdings.ranked(Math.min(holdings.count - 1, rank + AROUND)));
      }
    });
  });

  document.body.append(box);
  for (const one of under) one.inert = true;
  const star = async (favourite) => {
    const id = opened.value;
    const mark = (is) => { if (details.value.get(id)) details.value = new Map(details.value).set(id, { ...details.value.get(id), favourite: is }); };
    mark(favourite);
    if (!await acts.star(id, favourite)) mark(!favourite);
  };
  const end = live(box, (_, { onLeave }) => {
    const compare = comparing({ opened, known, learn, holdings }, { onLeave });
    const does = { close, step, leave, star, item, acts, wishes, isInformed, compare };
    onLeave(lightboxKeys(does));
    return () => {
      const shown = item.value;
      const id = opened.value;
      if (!id) return null;
      if (!shown) return missing({ failed: failed.value, isKnown: details.value.has(id), again: () => { failed.value = null; learn(id); }, close });
      const other = compare.other.value;
      box.setAttribute("aria-label", other ? words.compare.label(calledOf(shown), calledOf(other)) : words.label(calledOf(shown)));
      const leaf = other ? compare.leaf : step;
      return html`
        ${other ? compareBar(compare) : actions(shown, does)}
        <div class="lightbox-middle">
          ${other ? keyed("both", comparison(shown, other)) : keyed(id, stage(shown, step))}
          ${other || beside(-1) ? html`<button type="button" class="plain leaf is-previous" aria-label=${words.previous} @click=${() => leaf(-1)}>${icon("back")}</button>` : null}
          ${other || beside(1) ? html`<button type="button" class="plain leaf is-next" aria-label=${words.next} @click=${() => leaf(1)}>${icon("forward")}</button>` : null}
        </div>
        ${filmstrip({ id, other: other?.id, holdings, addressOf, pick: (to) => (other ? compare.take(to) : go(addressOf(to), { replace: true })) })}
        ${isInformed.value && !other ? keyed(`about ${id}`, info(shown, { holdings, addressOf })) : null}`;
    };
  });
  box.focus({ preventScroll: true });
  return () => {
    clearTimeout(leafing);
    stopLearning();
    for (const one of under) one.inert = false;
    end();
    box.remove();
  };
}

function missing({ failed, isKnown, again, close }) {
  const isGone = isKnown;
  if (!failed && !isGone) return html`<p class="lightbox-waiting" aria-busy="true"><span class="visually-hidden">${words.loading}</span></p>`;
  return html`<div class="lightbox-missing" role="alert">${icon("warning")}
    <h2>${failed ? words.broken : words.gone}</h2><p>${failed ? failed.message : words.goneText}</p>
    <div class="actions">${failed ? html`<button type="button" @click=${again}>${words.again}</button>` : null}
    <button type="button" class="quiet" @click=${close}>${words.back}</button></div></div>`;
}

// In full, while one still looks at this one. Of a clip its first picture is enough.
function preload(items) {
  for (const one of items) {
    const address = one && !one.hidden && (isClip(one) ? stillOf(one, 1e4) : one.url);
    if (address) new Image().src = address;
  }
}
