// Checks files as the auditor's page does: names of files in, what was found in each out, a line of JSON each.
// They come in pieces of a size that cuts lines wherever it may.

import { readFileSync } from "node:fs";

const { Chain } = await import(`${process.env.MODULES}chain.js`);
const { inLines } = await import(`${process.env.MODULES}lines.js`);
const PIECE_BYTES = 997;

for (const name of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const [file, noted = ""] = name.split(" ");
  const bytes = new Uint8Array(readFileSync(file));
  const chain = new Chain(noted);
  const take = inLines((line, text) => chain.take(line, text));
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) take(bytes.subarray(at, at + PIECE_BYTES));
  console.log(JSON.stringify(chain.report()));
}
