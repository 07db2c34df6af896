// The entries as a file for a table.

import { words } from "../../words/en/credits.js";

/** Hands the browser a file of these entries of the statement, amounts in credits. */
export function saveCsv(entries) {
  const { statement: said } = words;
  const rows = entries.map((one) => [
    one.position, one.at, one.kind, one.asked ? said.job(one.asked) : one.package ?? "",
    one.millicredits / 1000, one.available / 1000, one.reserved / 1000,
  ]);
  const text = [said.csv, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n");
  const address = URL.createObjectURL(new Blob([`\uFEFF${text}\r\n`], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: address, download: "statement.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A table must not take somebody's prompt for a formula. */
function quoted(value) {
  const text = String(value);
  const isFormula = typeof value === "string" && /^[=+\-@\t\r]/.test(text);
  return `"${isFormula ? "'" : ""}${text.replaceAll('"', '""')}"`;
}
