import { getRandomValues } from "node:crypto";

/*
 * HalfSipHash-1-3 over a piece of a payload. The keys of a map are chosen by the peer, so the hash
 * needs a secret: without one, keys that all collide can be computed at leisure. V8's own hash will
 * not do, since older versions hash integer-like strings without a seed.
 */

const SEED = getRandomValues(new Int32Array(2));
const FINAL_ROUND_COUNT = 3;

/** A 32-bit hash that a peer cannot predict; the same for equal bytes while the process lives. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let v0 = SEED[0]!;
  let v1 = SEED[1]!;
  let v2 = 0x6c796765 ^ SEED[0]!;
  let v3 = 0x74656462 ^ SEED[1]!;
  const wordCount = ((to - from) >>> 2) + 1;
  for (let index = 0; index < wordCount + FINAL_ROUND_COUNT; index++) {
    const word = index < wordCount ? wordAt(bytes, from, to, index) : 0;
    if (index === wordCount) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}

/** The little-endian word at `index`; the last one holds the odd bytes, with the size on top. */
function wordAt(bytes: Uint8Array, from: number, to: number, index: number): number {
  const at = from + index * 4;
  if (at + 4 > to) return lastWord(bytes, at, to) | ((to - from) << 24);
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function lastWord(bytes: Uint8Array, from: number, to: number): number {
  let word = 0;
  for (let at = to - 1; at >= from; at--) word = (word << 8) | bytes[at]!;
  return word;
}
