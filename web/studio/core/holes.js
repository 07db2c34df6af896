// The holes of a template: found once where it is written, and filled anew in every copy of it.

import { batch } from "./signal.js";

const prepared = new WeakMap();
const ATTRIBUTE = /\s([.@]?[^\s"'<>/=]+)=$/;
const MARK = "data-hole-";

/**
 * A copy of what `strings` describe: its nodes, and for each hole, in order, what `set(value)` fills.
 * `slot()` makes the place of a child. Throws TypeError if a hole stands where none can be filled.
 */
export function holes(strings, slot) {
  if (!prepared.has(strings)) prepared.set(strings, prepare(strings));
  const { template, found } = prepared.get(strings);
  const content = document.importNode(template.content, true);
  const nodes = every(content);
  // All are looked up before the first is filled: that puts further nodes among them.
  const parts = found.map(({ place, name }) => (name ? attribute(nodes[place], name) : child(nodes[place], slot())));
  return { content, parts };
}

function prepare(strings) {
  let markup = "";
  const names = strings.slice(0, -1).map((text, index) => {
    markup += text;
    const isInTag = markup.lastIndexOf("<") > markup.lastIndexOf(">");
    const name = isInTag ? ATTRIBUTE.exec(markup)?.[1] : null;
    if (name === undefined) throw new TypeError(`a hole is a whole value, without quotes: ${text}`);
    markup = name ? `${markup.slice(0, -name.length - 1)}${MARK}${index}=""` : `${markup}<!--${MARK}${index}-->`;
    return name;
  });
  const template = document.createElement("template");
  template.innerHTML = markup + strings.at(-1);
  const found = new Array(names.length);
  every(template.content).forEach((node, place) => {
    if (node instanceof Comment) {
      if (node.data.startsWith(MARK)) found[Number(node.data.slice(MARK.length))] = { place, name: null };
      return;
    }
    for (const mark of node.getAttributeNames().filter((one) => one.startsWith(MARK))) {
      const index = Number(mark.slice(MARK.length));
      found[index] = { place, name: names[index] };
      node.removeAttribute(mark);
    }
  });
  names.forEach((_, index) => {
    if (!found[index]) throw new TypeError(`no hole can stand after: ${strings[index]}`);
  });
  return { template, found };
}

/** @returns {any[]} */
function every(content) {
  const walker = document.createTreeWalker(content, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}

function child(mark, slot) {
  mark.replaceWith(slot.start, slot.end);
  return slot;
}

function attribute(node, name) {
  if (name.startsWith("@")) return new Listener(node, name.slice(1));
  if (!name.startsWith(".")) return new Attribute(node, name);
  const property = name.slice(1);
  return HELD.has(property) && "form" in node ? new Held(node, property) : new Property(node, property);
}

class Attribute {
  constructor(node, name) { this.node = node; this.name = name; this.last = null; }

  set(value) {
    const next = value === null || value === undefined || value === false ? null : value === true ? "" : String(value);
    if (next === this.last) return;
    this.last = next;
    if (next === null) this.node.removeAttribute(this.name);
    else this.node.setAttribute(this.name, next);
  }
}

class Property {
  constructor(node, name) { this.node = node; this.name = name; this.last = Property; }

  set(value) {
    if (Object.is(value, this.last)) return;
    this.last = value;
    this.node[this.name] = value;
  }
}

/** What a person changes in a control. */
const HELD = new Set(["value", "checked"]);

// What a person typed or ticked stays, whatever arrives, until the page itself has taken it up.
class Held {
  isLast = true;
  isTouched = false;

  constructor(node, name) {
    this.node = node;
    this.name = name;
    this.last = Held;
    node.addEventListener("input", () => { this.isTouched = true; });
  }

  set(value) {
    if (Object.is(value, this.last)) return;
    const stands = this.node[this.name];
    const isTyped = this.isTouched && String(stands) !== String(this.last);
    this.last = value;
    if (String(stands) === String(value)) this.isTouched = false;
    else if (!isTyped) {
      this.node[this.name] = value;
      this.isTouched = false;
    }
  }
}

class Listener {
  constructor(node, event) { this.node = node; this.event = event; this.action = null; }

  set(value) {
    if (!this.action && value) this.node.addEventListener(this.event, this);
    if (this.action && !value) this.node.removeEventListener(this.event, this);
    this.action = value || null;
  }

  /** All that one event changes is drawn once. */
  handleEvent(event) { batch(() => this.action?.call(this.node, event)); }
}
