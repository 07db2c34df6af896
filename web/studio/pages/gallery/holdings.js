// What of a gallery is known: its months with how many items each has, and the items that have come so far.

import { batch, signal } from "../../core/signal.js";

/** The month of an item in UTC, as "2026-03". */
export const monthOf = (asset) => asset.releasedAt.slice(0, 7);

/** Newest first. An item that has not come is a hole in `items` of its month. */
export class Holdings {
  /** Told whenever anything of it has changed. */
  version = signal(0);
  /** Told when items have come, gone or moved. */
  shape = signal(0);
  /** @type {{ month: string, items: object[] }[]} */
  months = [];
  #known = new Map();

  get count() {
    void this.version.value;
    return this.months.reduce((sum, { items }) => sum + items.length, 0);
  }

  /** Every item that has come. */
  get items() { return this.months.flatMap(({ items }) => items.filter(Boolean)); }

  get(id) {
    const at = this.find(id);
    return at && this.months[at.place].items[at.index];
  }

  /** Where an item stands: `{ place, index }` of its month and in it; null where it is none of these. */
  find(id) {
    const month = this.#known.get(id);
    if (!month) return null;
    return { place: this.months.indexOf(month), index: month.items.findIndex((one) => one?.id === id) };
  }

  /** Begins anew, with months of which nothing is known but how many there are. */
  begin(sections) {
    this.#known.clear();
    this.months = sections.map(({ month, items }) => ({ month, items: new Array(items) }));
    this.#moved();
  }

  /**
   * Takes a page up: behind the item `after`, or where there is none from `index` in the month at `place`
   * on. What was counted and is not there is taken out. Nothing is taken up behind what is gone meanwhile.
   */
  fill({ place = 0, index: begin = 0, after = null }, edges, isLast) {
    const start = after === null ? { place, index: begin } : this.find(after);
    if (!start) return;
    let month = this.months[start.place] ?? null;
    let index = after === null ? begin : start.index + 1;
    for (const { cursor, node } of edges) {
      if (month?.month !== monthOf(node)) {
        if (month?.month > monthOf(node)) this.#cut(month, index, Infinity);
        month = this.#monthNamed(monthOf(node));
        index = 0;
      }
      const stands = this.#known.has(node.id) ? month.items.findIndex((one) => one?.id === node.id) : -1;
      if (stands >= index) this.#cut(month, index, stands - index);
      else if (stands >= 0) {
        this.#cut(month, stands, 1);
        index -= 1;
      } else if (month.items[index]) month.items.splice(index, 0, null);
      month.items[index] = { ...node, cursor };
      this.#known.set(node.id, month);
      index += 1;
    }
    if (isLast) {
      if (month) this.#cut(month, index, Infinity);
      for (const later of this.months.splice(month ? this.months.indexOf(month) + 1 : 0)) this.#cut(later, 0, Infinity);
    }
    this.months = this.months.filter(({ items }) => items.length);
    this.#moved();
  }

  /** An item that has come by itself goes where it belongs by its time. */
  put(asset) {
    if (this.#known.has(asset.id)) {
      this.change(asset.id, asset);
      return;
    }
    const month = this.#monthNamed(monthOf(asset));
    const before = month.items.findIndex((one) => one && one.releasedAt <= asset.releasedAt);
    month.items.splice(before < 0 ? month.items.length : before, 0, asset);
    this.#known.set(asset.id, month);
    this.#moved();
  }

  /** Whether an item that is not among these is none of those either that have not come. */
  isWholeAround(asset) {
    const month = this.months.find((one) => one.month === monthOf(asset));
    return !month || !month.items.includes(undefined);
  }

  /** Takes an item out. */
  drop(id) {
    const at = this.find(id);
    if (!at) return;
    this.#cut(this.months[at.place], at.index, 1);
    this.months = this.months.filter(({ items }) => items.length);
    this.#moved();
  }

  /** Something of an item is otherwise. */
  change(id, otherwise) {
    const at = this.find(id);
    if (!at) return;
    const { items } = this.months[at.place];
    items[at.index] = { ...items[at.index], ...otherwise };
    this.version.value += 1;
  }

  /** The item so many steps behind another (before it: negative); undefined at either end, and for a hole. */
  beside(id, steps) {
    const at = this.find(id);
    if (!at) return undefined;
    const to = this.#along(at, steps);
    return to && this.months[to.place].items[to.index];
  }

  /** How many items stand before this one. */
  rank({ place, index }) {
    return this.months.slice(0, place).reduce((sum, { items }) => sum + items.length, index);
  }

  /** Where the item of this rank stands. */
  ranked(rank) { return this.#along({ place: 0, index: 0 }, rank); }

  #along({ place, index }, steps) {
    let [to, at] = [place, index + steps];
    while (at < 0 && to > 0) { to -= 1; at += this.months[to].items.length; }
    while (to < this.months.length && at >= this.months[to].items.length) { at -= this.months[to].items.length; to += 1; }
    return to < this.months.length && at >= 0 ? { place: to, index: at } : null;
  }

  #moved() {
    batch(() => {
      this.version.value += 1;
      this.shape.value += 1;
    });
  }

  #cut(month, index, many) {
    for (const gone of month.items.splice(index, many)) if (gone) this.#known.delete(gone.id);
  }

  #monthNamed(name) {
    const found = this.months.find(({ month }) => month === name);
    if (found) return found;
    const made = { month: name, items: [] };
    const older = this.months.findIndex(({ month }) => month < name);
    this.months.splice(older < 0 ? this.months.length : older, 0, made);
    return made;
  }
}
