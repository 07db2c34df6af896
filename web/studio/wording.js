// How numbers, times and refusals read.

/** Credits from millicredits, without trailing noise. */
export function credits(millicredits) {
  return (millicredits / 1000).toLocaleString(undefined, { maximumFractionDigits: 3 });
}

/** A time as the reader's own clock shows it. */
export function time(text) {
  return text ? new Date(text).toLocaleString() : "";
}

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7]];

/** "3 minutes ago"; the day where it is longer than a week. */
export function ago(text, now = new Date()) {
  let count = (Date.parse(text) - now.getTime()) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(count) < size) return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(count), unit);
    count /= size;
  }
  return new Date(text).toLocaleDateString();
}

/** "AWAITING_PHOTOS" as "awaiting photos". */
export function plain(name) {
  return String(name ?? "").replaceAll("_", " ").replaceAll("-", " ").toLowerCase();
}

/** A price in a currency's own form. */
export function price(minorUnits, currency) {
  return (minorUnits / 100).toLocaleString(undefined, { style: "currency", currency });
}

const FLAWS = {
  "not-uploaded": "never arrived; upload it again",
  unreadable: "cannot be read as JPEG, PNG, WebP or HEIC",
  truncated: "is cut off; export it again",
  animated: "is animated; take a still picture",
  "too-many-pixels": "has too many pixels",
  "too-small": "is too small",
  "unsupported-colour": "has colours that cannot be read",
  "no-face": "shows no face",
  "several-faces": "shows more than one face",
  blurred: "is blurred",
  "too-dark": "is too dark",
  "too-bright": "is too bright",
  "near-duplicate": "is almost the same as another photo of the set",
  "another-person": "shows somebody else than the other photos",
  "real-photograph":
    "is a real photograph, and this engine draws cartoons: take one of the sample sets below",
  "not-allowed": "may not be used here",
  "not-judged": "could not be judged; submit it again",
  "not-one-person": "the photos do not show one and the same person",
};

/** What is wrong with a photo or a set, as a person would say it. */
export function flaw(name) {
  return FLAWS[name] ?? plain(name);
}
