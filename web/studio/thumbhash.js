// A ThumbHash, https://evanw.github.io/thumbhash/: the colour that a picture has from afar.

/** The mean colour of a hash in Base64, as CSS has it. */
export function averageColour(placeholder) {
  const [first, second, third] = [...atob(placeholder)].map((letter) => letter.charCodeAt(0));
  const header = first | (second << 8) | (third << 16);
  const light = (header & 63) / 63;
  const yellowBlue = ((header >> 6) & 63) / 31.5 - 1;
  const redGreen = ((header >> 12) & 63) / 31.5 - 1;
  const blue = light - (2 / 3) * yellowBlue;
  const red = (3 * light - blue + redGreen) / 2;
  const parts = [red, red - redGreen, blue];
  return `rgb(${parts.map((part) => Math.round(255 * Math.min(1, Math.max(0, part)))).join(" ")})`;
}
