// SHA-256, which browsers offer at https and localhost alone, and for whole files alone: a photo of a studio
// at a plain address of a home network, and the short texts of a chain, one after the other.

/** The SHA-256 of a buffer in lower-case hexadecimal digits. */
export async function sha256(buffer) {
  if (crypto.subtle) return hexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-256", buffer)));
  return hexadecimal(digest(new Uint8Array(buffer)));
}

/** Bytes as lower-case hexadecimal digits. */
export function hexadecimal(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const PRIMES = firstPrimes(64);
// FIPS 180-4: the first 32 bits of the fractional parts of roots of the first primes.
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const BEGINNING = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const BLOCK = 64;

const words = new Int32Array(64);
const hash = new Int32Array(8);
const rest = new Uint8Array(2 * BLOCK);

/** The SHA-256 of bytes, now: 32 bytes, written to `out` from `at` on. Makes nothing but what it is given. */
export function digest(bytes, out = new Uint8Array(32), at = 0) {
  hash.set(BEGINNING);
  const { length } = bytes;
  const whole = length - (length % BLOCK);
  for (let block = 0; block < whole; block += BLOCK) take(bytes, block);
  const left = length - whole;
  const padded = left + 9 > BLOCK ? 2 * BLOCK : BLOCK;
  rest.fill(0, left, padded);
  for (let i = 0; i < left; i += 1) rest[i] = bytes[whole + i];
  rest[left] = 0x80;
  write(rest, padded - 8, Math.floor(length / 2 ** 29));
  write(rest, padded - 4, length << 3);
  for (let block = 0; block < padded; block += BLOCK) take(rest, block);
  for (let i = 0; i < 8; i += 1) write(out, at + 4 * i, hash[i]);
  return out;
}

// One block of 64 bytes into `hash`.
function take(bytes, from) {
  for (let i = 0, place = from; i < 16; i += 1, place += 4) {
    words[i] = (bytes[place] << 24) | (bytes[place + 1] << 16) | (bytes[place + 2] << 8) | bytes[place + 3];
  }
  for (let i = 16; i < 64; i += 1) {
    const early = words[i - 15];
    const late = words[i - 2];
    words[i] = (words[i - 16] + words[i - 7]
      + (((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3))
      + (((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10))) | 0;
  }
  let [a, b, c, d] = [hash[0], hash[1], hash[2], hash[3]];
  let [e, f, g, h] = [hash[4], hash[5], hash[6], hash[7]];
  for (let i = 0; i < 64; i += 1) {
    const one = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7)))
      + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i]) | 0;
    const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)))
      + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
  hash[5] += f;
  hash[6] += g;
  hash[7] += h;
}

function write(out, at, word) {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
}

function fraction(root) {
  return Math.floor((root % 1) * 2 ** 32) | 0;
}

function firstPrimes(count) {
  const found = [];
  for (let n = 2; found.length < count; n += 1) {
    if (found.every((prime) => n % prime)) found.push(n);
  }
  return found;
}
