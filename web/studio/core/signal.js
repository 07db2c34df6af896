// Values that know who reads them: what is drawn from them is drawn again when they change, once a
// change, and never where what was read came out the same.

/** An effect that still changes what it reads after so many rounds would do so for ever. */
const ROUNDS_MAX = 100;

/** @type {{ sources: Map<Source, number>, isLive: boolean, told(): void } | null} */
let reading = null;
let depth = 0;
const waiting = new Set();

class Source {
  readers = new Set();
  version = 0;

  attach(reader) { this.readers.add(reader); }
  detach(reader) { this.readers.delete(reader); }
  refresh() {}

  noted() {
    if (!reading) return;
    reading.sources.set(this, this.version);
    if (reading.isLive) this.attach(reading);
  }

  changed() {
    for (const reader of [...this.readers]) reader.told();
  }
}

class Signal extends Source {
  constructor(value) { super(); this.held = value; }

  get value() { this.noted(); return this.held; }

  set value(next) {
    if (Object.is(next, this.held)) return;
    this.held = next;
    this.version += 1;
    batch(() => this.changed());
  }
}

// Holds on to what it reads only while somebody reads it: a page that is gone is not kept by the store.
class Computed extends Source {
  sources = new Map();
  isLive = false;
  isDirty = true;
  /** Its own self stands for no value: none was asked for yet, or the last one could not be worked out. */
  held = this;

  constructor(work) { super(); this.work = work; }

  get value() {
    try {
      this.refresh();
    } finally {
      this.noted();
    }
    return this.held;
  }

  refresh() {
    const isKnown = this.held !== this;
    if (isKnown && this.isLive && !this.isDirty) return;
    const isSame = isKnown && !isStale(this);
    this.isDirty = false;
    if (isSame) return;
    const before = this.held;
    this.held = this;
    const next = observe(this, this.work);
    if (!Object.is(next, before)) this.version += 1;
    this.held = next;
  }

  told() {
    if (this.isDirty) return;
    this.isDirty = true;
    this.changed();
  }

  attach(reader) {
    if (!this.isLive) {
      this.isLive = true;
      for (const source of this.sources.keys()) source.attach(this);
    }
    super.attach(reader);
  }

  detach(reader) {
    super.detach(reader);
    if (this.readers.size || !this.isLive) return;
    this.isLive = false;
    for (const source of this.sources.keys()) source.detach(this);
  }
}

class Effect {
  sources = new Map();
  isLive = true;

  constructor(work) { this.work = work; }

  told() { waiting.add(this); }
  run() { if (this.isLive) observe(this, this.work); }

  stop() {
    this.isLive = false;
    waiting.delete(this);
    for (const source of this.sources.keys()) source.detach(this);
    this.sources.clear();
  }
}

/** Whether anything that was read has changed since. In the order of reading: later reads may depend on it. */
function isStale(reader) {
  for (const [source, version] of reader.sources) {
    source.refresh();
    if (source.version !== version) return true;
  }
  return false;
}

/** Runs `work` and notes what it reads; what was read before and is no longer is let go. */
function observe(reader, work) {
  const [outer, before] = [reading, reader.sources];
  reader.sources = new Map();
  reading = reader;
  try {
    return work();
  } finally {
    reading = outer;
    for (const source of before.keys()) if (!reader.sources.has(source)) source.detach(reader);
    // It was stopped by its own work: nothing may tell it any more.
    if (reader instanceof Effect && !reader.isLive) reader.stop();
  }
}

function settle() {
  let first = null;
  for (let round = 0; waiting.size; round += 1) {
    if (round === ROUNDS_MAX) {
      waiting.clear();
      throw new Error(`effects still change what they read after ${ROUNDS_MAX} rounds`);
    }
    const due = [...waiting];
    waiting.clear();
    for (const effect of due) {
      try {
        if (effect.isLive && isStale(effect)) effect.run();
      } catch (error) {
        first ??= { error };
      }
    }
  }
  if (first) throw first.error;
}

/** @template T @param {T} value @returns {{ value: T }} a value; whoever reads `.value` is told of its changes. */
export const signal = (value) => new Signal(value);

/** @template T @param {() => T} work @returns {{ readonly value: T }} what follows from other values; worked out when read. */
export const computed = (work) => /** @type {any} */ (new Computed(work));

/** Runs `work` now and after every change of what it read. Returns the function that stops it. */
export function effect(work) {
  const made = new Effect(work);
  try {
    batch(() => made.run());
  } catch (error) {
    made.stop();
    throw error;
  }
  return () => made.stop();
}

/** Runs `work`; effects of all that it changes run once, after it. Returns what it returns. */
export function batch(work) {
  depth += 1;
  try {
    return work();
  } finally {
    try {
      if (depth === 1) settle();
    } finally {
      depth -= 1;
    }
  }
}

/** Runs `work` as if nobody were reading: whoever called is not told of changes of what it reads. */
export function untracked(work) {
  const outer = reading;
  reading = null;
  try {
    return work();
  } finally {
    reading = outer;
  }
}
