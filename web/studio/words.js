// How numbers, times and refusals read.

/** Credits from millicredits, without trailing noise. */
export function credits(millicredits) {
  return (millicredits / 1000).toLocaleString(undefined, { maximumFractionDigits: 3 });
}

/** A time as the reader's own clock shows it. */
export function time(text) {
  return text ? new Date(text).toLocaleString() : "";
}

/** "AWAITING_PHOTOS" as "awaiting photos". */
export function plain(name) {
  return String(name ?? "").replaceAll("_", " ").replaceAll("-", " ").toLowerCase();
}

/** A price in a currency's own form. */
export function price(minorUnits, currency) {
  return (minorUnits / 100).toLocaleString(undefined, { style: "currency", currency });
}
