// The entries as a file: for a table, or for a program.

import { words } from "../../words/en/credits.js";

const rowOf = (one) => [
  one.position, one.at, one.kind, one.asked ? words.statement.job(one.asked) : one.package ?? "",
  one.millicredits / 1000, one.available / 1000, one.reserved / 1000,
];

/** Hands the browser a file of these entries of the statement for a table, amounts in credits. */
export function saveCsv(entries) {
  const text = [words.statement.csv, ...entries.map(rowOf)].map((row) => row.map(quoted).join(",")).join("\r\n");
  save("statement.csv", "text/csv", `\uFEFF${text}\r\n`);
}

/** The same as JSON, an entry a line. */
export function saveJsonLines(entries) {
  const named = (row) => Object.fromEntries(words.statement.csv.map((name, at) => [name.replaceAll(" ", "_"), row[at]]));
  save("statement.jsonl", "application/jsonl", entries.map((one) => `${JSON.stringify(named(rowOf(one)))}\n`).join(""));
}

function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A table must not take somebody's prompt for a formula. */
function quoted(value) {
  const text = String(value);
  const isFormula = typeof value === "string" && /^[=+\-@\t\r]/.test(text);
  return `"${isFormula ? "'" : ""}${text.replaceAll('"', '""')}"`;
}
