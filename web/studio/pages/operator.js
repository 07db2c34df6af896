// Operator: how the studio is. Nobody's pictures, words or amounts: counts, ages, kinds of errors, pseudonyms.

import { html } from "../core/template.js";
import { brokenState } from "../parts/empty_state.js";
import { time } from "../wording.js";
import { words } from "../words/en/operator.js";
import notFound from "./not_found.js";
import { jobs } from "./operator/jobs.js";
import { machines } from "./operator/machines.js";
import { parked } from "./operator/parked.js";
import { readers } from "./operator/readers.js";
import { tiles } from "./operator/tiles.js";
import { watched } from "./operator/watched.js";

export default function operator(_, { onLeave }) {
  const { seen, broken, look } = watched({ onLeave });
  const table = jobs();
  const absent = notFound();
  return () => {
    const error = broken.value;
    if (error?.code === "NOT_FOUND") return absent();
    const now = seen.value;
    if (!now) return html`<section>${error ? brokenState(error, look) : html`<div class="skeleton operator-skeleton"></div>`}</section>`;
    return html`<div class="operator">
      <p class=${error ? "operator-seen danger" : "operator-seen faint"} role=${error ? "alert" : null}>${words.seen(time(now.at))}${error ? html` · ${words.late}` : null}</p>
      ${tiles(now)}${machines(now)}${table.draw(now)}${parked(now)}${readers(now)}</div>`;
  };
}
