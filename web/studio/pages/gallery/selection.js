// Which items are chosen to have something done with all of them at once.

import { computed, signal } from "../../core/signal.js";

/** Chosen one by one, in a range, or as all that the filter finds. */
export class Selection {
  #ids = signal(new Set());
  #isAll = signal(false);
  #anchor = null;

  /** `sizeOf(id)`: how many items the tile of this one stands for. */
  constructor(holdings, sizeOf) {
    this.holdings = holdings;
    this.count = computed(() => (this.#isAll.value ? holdings.count : this.ids.reduce((sum, id) => sum + sizeOf(id), 0)));
  }

  /** Whether all that the filter finds is chosen, those too that have not come. */
  get isAll() { return this.#isAll.value; }
  get ids() { return [...this.#ids.value]; }
  has(id) { return this.#isAll.value || this.#ids.value.has(id); }

  toggle(id) {
    const next = this.#isAll.value ? new Set() : new Set(this.#ids.value);
    if (!next.delete(id)) next.add(id);
    this.#anchor = id;
    this.#isAll.value = false;
    this.#ids.value = next;
  }

  /** From the one that was chosen last to this one, as far as they have come. */
  range(id) {
    const [from, to] = [this.#anchor && this.holdings.find(this.#anchor), this.holdings.find(id)];
    if (!from || !to) {
      this.toggle(id);
      return;
    }
    const [first, last] = [this.holdings.rank(from), this.holdings.rank(to)].sort((a, b) => a - b);
    const next = new Set(this.#ids.value);
    for (let rank = first; rank <= last; rank += 1) {
      const { place, index } = this.holdings.ranked(rank);
      const item = this.holdings.months[place].items[index];
      if (item) next.add(item.id);
    }
    this.#ids.value = next;
  }

  all() { this.#isAll.value = true; }

  clear() {
    this.#anchor = null;
    this.#isAll.value = false;
    this.#ids.value = new Set();
  }
}
