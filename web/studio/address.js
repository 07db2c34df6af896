// What the address of a page says besides its name.

import { go, href, route } from "./core/router.js";

/** The page's name, and its wishes. */
export function address() {
  const { page, query } = route.value;
  return { page, wishes: new URLSearchParams(query) };
}

/** Goes to a page with wishes. */
export function goTo(page, wishes = {}) {
  go(href(page, [], wishes));
}
