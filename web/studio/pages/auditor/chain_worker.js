// Reads the auditor's copy of the ledger and checks it as it comes, beside the page: none of its tasks is the
// page's. Is told the link that was noted; tells how far it is, and in the end what it found.

import { Chain } from "./chain.js";
import { inLines } from "./lines.js";

const TOLD_EVERY_MS = 150;
/** Whoever sends nothing for so long is not there any more. */
const SILENCE_MAX_MS = 25_000;

addEventListener("message", async ({ data: { address, noted } }) => {
  const chain = new Chain(noted);
  const take = inLines((bytes, text) => chain.take(bytes, text));
  const silence = new AbortController();
  let alarm = 0;
  const heard = () => {
    clearTimeout(alarm);
    alarm = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  };
  try {
    heard();
    const response = await fetch(address, { signal: silence.signal });
    if (!response.ok) {
      postMessage({ refused: response.status });
      return;
    }
    const total = Number(response.headers.get("ledger-rows"));
    const begun = performance.now();
    let told = 0;
    for (let reader = response.body.getReader(), piece; !(piece = await reader.read()).done;) {
      heard();
      take(piece.value);
      if (performance.now() - told < TOLD_EVERY_MS) continue;
      told = performance.now();
      postMessage({ rows: chain.rows, total, found: chain.findingsInAll });
    }
    postMessage({ report: chain.report(), seconds: (performance.now() - begun) / 1000 });
  } catch {
    postMessage({ brokenAt: chain.rows });
  } finally {
    clearTimeout(alarm);
  }
});
