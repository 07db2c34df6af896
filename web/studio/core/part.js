// What is drawn and drawn again by itself for as long as it is there: a page, or an element of its own.

import { effect, signal, untracked } from "./signal.js";
import { render } from "./template.js";

/**
 * Draws into `container` what `setup(container, { onLeave })` returns: a function that returns a template,
 * called again when a signal that it read has changed. Returns the function that ends it.
 * @typedef {{ onLeave: (last: () => void) => void }} Scope
 * @param {Element} container
 * @param {(container: any, scope: Scope) => (() => unknown) | void} setup
 */
export function live(container, setup) {
  const leaving = [];
  const leave = () => { for (const last of leaving.splice(0).reverse()) last(); };
  return untracked(() => {
    try {
      const draw = setup(container, { onLeave: (last) => leaving.push(last) });
      // One that answers nothing has drawn by itself.
      if (draw) leaving.push(effect(() => render(draw(), container)));
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  });
}

/**
 * Defines the element `tag`, without a shadow. Properties that it was given before it came into the page
 * are signals to `setup(host, { onLeave })`: what is drawn from them follows them.
 */
export function part(tag, setup) {
  customElements.define(tag, class extends HTMLElement {
    #leave = null;

    connectedCallback() {
      for (const name of Object.keys(this)) follow(this, name);
      this.#leave ??= live(this, setup);
    }

    // A part that is only moved is back at once, and goes on.
    disconnectedCallback() {
      queueMicrotask(() => {
        if (this.isConnected) return;
        this.#leave?.();
        this.#leave = null;
      });
    }

    connectedMoveCallback() {}
  });
}

function follow(host, name) {
  const own = Object.getOwnPropertyDescriptor(host, name);
  if (!own || own.get) return;
  const held = signal(own.value);
  Object.defineProperty(host, name, {
    enumerable: true,
    configurable: true,
    get: () => held.value,
    set: (value) => { held.value = value; },
  });
}
