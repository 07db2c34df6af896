// What is hashed, written down piece by piece: numbers of 4 and 8 bytes, digits, ids, texts and bytes.

import { digest } from "../../core/sha256.js";

const DIGITS = new Uint8Array(128);
[..."0123456789abcdef"].forEach((digit, value) => { DIGITS[digit.charCodeAt(0)] = value; });

/** One hash after another, in the same memory. A number is big-endian and exact up to 2^53. */
export class Hashed {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** Begins anew with the name of what is hashed. */
  begin(domain) {
    this.#length = 0;
    return this.text(domain);
  }

  four(number) {
    const at = this.#grown(4);
    this.#bytes[at] = number >>> 24;
    this.#bytes[at + 1] = number >>> 16;
    this.#bytes[at + 2] = number >>> 8;
    this.#bytes[at + 3] = number;
    return this;
  }

  /** A number of 8 bytes, behind its length. */
  eight(number) {
    return this.four(8).four(Math.floor(number / 2 ** 32)).four(number % 2 ** 32);
  }

  /** ASCII as it is. */
  text(ascii) {
    const at = this.#grown(ascii.length);
    for (let i = 0; i < ascii.length; i += 1) this.#bytes[at + i] = ascii.charCodeAt(i);
    return this;
  }

  /** ASCII behind its length. */
  framed(ascii) {
    return this.four(ascii.length).text(ascii);
  }

  /** The bytes that lower-case hexadecimal digits stand for. */
  digits(hex) {
    const at = this.#grown(hex.length >> 1);
    for (let i = 0; i < hex.length; i += 2) {
      this.#bytes[at + (i >> 1)] = (DIGITS[hex.charCodeAt(i)] << 4) | DIGITS[hex.charCodeAt(i + 1)];
    }
    return this;
  }

  /** A UUID of 16 bytes, behind its length. */
  id(uuid) {
    return this.four(16).digits(uuid.replaceAll("-", ""));
  }

  bytes(given) {
    const at = this.#grown(given.length);
    this.#bytes.set(given, at);
    return this;
  }

  /** The hash of all of it, 32 bytes, which are the next one's to write over. */
  into(out) {
    return digest(this.#bytes.subarray(0, this.#length), out);
  }

  #grown(by) {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
  }
}

/** Whether 32 bytes are those that 64 digits stand for. */
export function isSaid(bytes, hex) {
  for (let i = 0; i < 32; i += 1) {
    if (bytes[i] !== ((DIGITS[hex.charCodeAt(2 * i)] << 4) | DIGITS[hex.charCodeAt(2 * i + 1)])) return false;
  }
  return true;
}
