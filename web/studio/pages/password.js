// A new password for whoever forgot theirs: asked for here, and set where the link leads.

import { route } from "../core/router.js";
import { untracked } from "../core/signal.js";
import { keyed } from "../core/template.js";
import { ask } from "./password/ask.js";
import { set } from "./password/set.js";

/** `#/password` asks for a link, `#/password/<token>` is one. */
export default function password() {
  let shown = null;
  let draw = null;
  return () => {
    const token = route.value.path[0] ?? "";
    // What was said of one link is not true of another.
    if (token !== shown) draw = untracked(() => (token ? set(token) : ask()));
    shown = token;
    return keyed(token, draw());
  };
}
