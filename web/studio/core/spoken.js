// The words of the page, as they are or, to find what has no room for longer ones, drawn out by 40 %.

/** In `localStorage`: the page says everything in this locale, which nobody speaks. */
const PSEUDO = "pseudo";
const MORE = 0.4;
const ACCENTS = { a: "á", e: "ë", i: "î", o: "ø", u: "ü", A: "Å", E: "É", I: "Ï", O: "Ö", U: "Û" };

const isPseudo = () => {
  try {
    return globalThis.localStorage?.getItem("suite.locale") === PSEUDO;
  } catch {
    return false;
  }
};

/**
 * The words of a page: an object of strings, of functions that answer strings, and of such objects.
 * @template T @param {T} words @returns {T}
 */
export function spoken(words) {
  return isPseudo() ? longer(words) : words;
}

function longer(said) {
  if (typeof said === "string") return drawnOut(said);
  if (typeof said === "function") return (...values) => longer(said(...values));
  if (Array.isArray(said)) return said.map(longer);
  if (said && typeof said === "object") {
    return Object.fromEntries(Object.entries(said).map(([name, one]) => [name, longer(one)]));
  }
  return said;
}

function drawnOut(text) {
  const accented = text.replace(/[aeiouAEIOU]/g, (letter) => ACCENTS[letter]);
  // In pieces, as longer sentences are made of more words, and not of longer ones.
  const more = "~".repeat(Math.ceil(text.length * MORE)).replace(/~{8}(?=~)/g, "~~~~~~~ ");
  return `[${accented}${more}]`;
}
