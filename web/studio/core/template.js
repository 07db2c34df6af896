// Templates that are drawn by what has changed: an element stays the same element for as long as its
// template does, so it keeps focus, typed text, a chosen file and its scroll position. Text is only ever
// set as text: nothing a person wrote becomes markup.

import { holes } from "./holes.js";

/** @typedef {{ strings: TemplateStringsArray, values: unknown[], key?: unknown }} Template */

class Result {
  constructor(strings, values, key) { this.strings = strings; this.values = values; this.key = key; }
}

/**
 * A template. Holes stand for children (string, number, template, array, element; nothing for null,
 * undefined and booleans) or for whole attributes: `name=${v}` (null and false remove it, true is ""),
 * properties `.name=${v}`, listeners `@event=${f}`. None within a textarea, a comment or part of a value.
 */
export const html = (strings, ...values) => new Result(strings, values, undefined);

/** The template as the item of a list that `key` names: it goes where its key goes. */
export function keyed(key, template) {
  return new Result(template.strings, template.values, key);
}

const roots = new WeakMap();

/** Draws into `container`, whose content it owns from then on. The same template again changes what differs. */
export function render(template, container) {
  let root = roots.get(container);
  // Somebody else may have emptied it since.
  if (root?.start.parentNode !== container) {
    root = new Slot();
    container.replaceChildren(root.start, root.end);
    roots.set(container, root);
  }
  root.set(template);
}

// A place among the children of an element, between two comments; one kind of content at a time.
class Slot {
  start = new Comment();
  end = new Comment();
  content = null;

  set(value) {
    const Kind = kindOf(value);
    if (this.content?.constructor === Kind && this.content.takes(value)) {
      this.content.update(value);
      return;
    }
    this.clear();
    this.content = new Kind(this, value);
  }

  clear() {
    this.content = null;
    while (this.start.nextSibling !== this.end) this.start.nextSibling.remove();
  }

  remove() { this.clear(); this.start.remove(); this.end.remove(); }

  holds(node) {
    return Boolean(node) && this.start.parentNode.contains(node)
      && (this.start.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0
      && (this.end.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
  }

  /** Moves all of it before `place`, without letting go of what it is where the browser can. */
  moveBefore(place) {
    /** @type {any} */
    const parent = this.start.parentNode;
    const move = parent.moveBefore && parent.isConnected ? "moveBefore" : "insertBefore";
    /** @type {ChildNode | null} */
    let node = this.start;
    for (let next; node; node = node === this.end ? null : next) {
      next = node.nextSibling;
      parent[move](node, place);
    }
  }
}

const kindOf = (value) => {
  if (value === null || value === undefined || typeof value === "boolean") return Nothing;
  if (value instanceof Result) return Instance;
  if (Array.isArray(value)) return List;
  if (value instanceof Node) return Given;
  if (typeof value === "string" || typeof value === "number") return Words;
  throw new TypeError(`a template cannot show a ${typeof value}`);
};

class Nothing {
  takes() { return true; }
  update() {}
}

class Words {
  constructor(slot, value) { this.node = new Text(String(value)); slot.end.before(this.node); }
  takes() { return true; }
  update(value) { if (this.node.data !== String(value)) this.node.data = String(value); }
}

class Given {
  constructor(slot, value) { this.node = value; slot.end.before(value); }
  takes(value) { return value === this.node; }
  update() {}
}

class Instance {
  constructor(slot, { strings, values, key }) {
    const made = holes(strings, () => new Slot());
    this.strings = strings;
    this.key = key;
    this.parts = made.parts;
    this.update({ values });
    slot.end.before(made.content);
  }

  takes({ strings, key }) { return strings === this.strings && Object.is(key, this.key); }

  // What a control holds is set last: a choice can only be made among options that are there.
  update({ values }) {
    this.parts.forEach((part, index) => { if (!part.isLast) part.set(values[index]); });
    this.parts.forEach((part, index) => { if (part.isLast) part.set(values[index]); });
  }
}

class List {
  slots = new Map();

  constructor(slot, values) { this.end = slot.end; this.update(values); }

  takes() { return true; }

  update(values) {
    const wanted = new Map();
    values.forEach((value, index) => {
      const key = value?.key === undefined || !(value instanceof Result) ? `\0${index}` : value.key;
      if (wanted.has(key)) throw new TypeError(`two items of a list have the key ${String(key)}`);
      wanted.set(key, value);
    });
    for (const [key, slot] of this.slots) if (!wanted.has(key)) { slot.remove(); this.slots.delete(key); }
    this.arrange([...wanted.keys()]);
    for (const [key, value] of wanted) this.slots.get(key).set(value);
  }

  arrange(keys) {
    const places = new Map([...this.slots.keys()].map((key, place) => [key, place]));
    const focused = document.activeElement;
    const before = keys.map((key) => places.get(key) ?? -1);
    const stay = staying(before, keys.findIndex((key) => this.slots.get(key)?.holds(focused)));
    const arranged = new Map();
    let next = this.end;
    for (let index = keys.length - 1; index >= 0; index -= 1) {
      const slot = this.slots.get(keys[index]) ?? new Slot();
      if (before[index] < 0) next.before(slot.start, slot.end);
      else if (!stay.has(index)) slot.moveBefore(next);
      next = slot.start;
      arranged.set(keys[index], slot);
    }
    this.slots = new Map([...arranged].reverse());
  }
}

/**
 * `before[i]` is where the item that is now the i-th stood, or -1 if it is new; `held` is the index of an
 * item that must not move, or -1. Returns the set of indices that stay: as many as can, `held` among them.
 */
export function staying(before, held) {
  const may = before.map((place, index) => place >= 0 && (held < 0 || index === held
    || (index < held ? place < before[held] : place > before[held])));
  // The longest rising subsequence: `ends[n]` is the index that ends one of n + 1 with the lowest place.
  const ends = [];
  const previous = new Array(before.length).fill(-1);
  before.forEach((place, index) => {
    if (!may[index]) return;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before[ends[middle]] < place) low = middle + 1;
      else high = middle;
    }
    previous[index] = low ? ends[low - 1] : -1;
    ends[low] = index;
  });
  const stay = new Set();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index]) stay.add(index);
  return stay;
}
