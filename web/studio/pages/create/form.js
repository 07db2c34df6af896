// What stands in the form, and what follows from it: the engine, the twin, what it begins with, what is wrong.

import { kept } from "../../core/kept.js";
import { computed, effect, signal, untracked } from "../../core/signal.js";
import { state } from "../../store.js";
import { isHere } from "../../engines.js";
import { kindNamed, usable } from "./kinds.js";
import { sourceOf } from "./source.js";
import { BLANK, drafted, flawsOf } from "./wish.js";

const HISTORY_MAX = 40;

/** The form of whoever is signed in, as they left it; `onLeave` ends what it follows. */
export function createForm(onLeave) {
  const whose = state.viewer.id;
  const draft = kept("draft.create", null);
  const last = kept("draft.last", null);
  const history = kept("draft.history", null);
  const own = (held) => (held.value?.whose === whose ? held.value : null);
  const wish = signal({ ...BLANK, ...own(draft)?.wish });
  const change = (part) => {
    wish.value = { ...wish.value, ...part };
    draft.value = { whose, wish: wish.value };
  };

  const kind = computed(() => kindNamed(wish.value.kind));
  const offered = computed(() => usable(state.catalogue.engines, kind.value));
  const engine = computed(() => offered.value.find(({ id }) => id === wish.value.engine) ?? offered.value[0] ?? null);
  const source = sourceOf(computed(() => wish.value.source), onLeave);
  const begun = computed(() => (source.value?.url ? source.value : null));
  // Who has not said anything yet begins with what was said of the picture.
  onLeave(effect(() => {
    const { prompt, style } = begun.value ?? {};
    if (prompt && untracked(() => !wish.value.prompt.trim())) untracked(() => change({ prompt, style: style ?? wish.value.style }));
  }));
  const twins = computed(() => state.viewer?.twins.edges.map(({ node }) => node) ?? []);
  const trained = computed(() => twins.value.filter((twin) => twin.trained?.engine === engine.value?.id));
  const twinId = computed(() => {
    if (begun.value) return begun.value.twin ?? "";
    const wished = wish.value.twin;
    if (wished === "" || trained.value.some(({ id }) => id === wished)) return wished;
    return trained.value[0]?.id ?? "";
  });
  /** With the twin that it comes to. */
  const whole = computed(() => ({ ...wish.value, twin: twinId.value }));

  return {
    wish, change, kind, offered, engine, source, begun, twins, trained, whole,
    twin: computed(() => twins.value.find(({ id }) => id === twinId.value) ?? null),
    /** The engine that was wished for and cannot be used, as `{ title, lacks }`; null where there is none. */
    replaced: computed(() => {
      const wished = wish.value.engine;
      if (!wished || wished === engine.value?.id) return null;
      const known = state.catalogue.engines.find(({ id }) => id === wished);
      if (known && isHere(known)) return null;
      return { title: known?.title ?? null, lacks: known?.lacks ?? [] };
    }),
    flaws: computed(() => (engine.value ? flawsOf(whole.value, kind.value, engine.value) : {})),
    isAdvancedOpen: signal(false),
    /** Whether somebody has pressed the button: from then on it is said what is missing. */
    isPressed: signal(false),
    /** What was said last of what was done here. */
    said: signal(""),
    /** What went wrong, until it is tried again or something is changed. */
    problem: signal(""),
    takeDraft: (found, part = {}) => change({ ...drafted(wish.value, found), ...part }),
    /** What was asked for is kept, to be asked for again. */
    wasAsked: () => {
      last.value = { whose, wish: wish.value };
      const earlier = (own(history)?.prompts ?? []).filter((prompt) => prompt !== wish.value.prompt);
      history.value = { whose, prompts: [wish.value.prompt, ...earlier].slice(0, HISTORY_MAX) };
    },
    reuse: () => { if (own(last)) change(own(last).wish); },
    /** Prompts of before, the latest first. */
    earlier: computed(() => {
      const asked = [...state.jobs.values()].sort((a, b) => (a.requestedAt < b.requestedAt ? 1 : -1)).map(({ prompt }) => prompt);
      return [...new Set([...own(history)?.prompts ?? [], ...asked])].filter(Boolean).slice(0, HISTORY_MAX);
    }),
  };
}
