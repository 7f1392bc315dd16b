import type { Random } from "./random.js";

/** Bytes that mean most: heads, markers, and the edges of each. */
const TELLING = [
  0x00, 0x01, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xa1, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3,
  0xc4, 0xc6, 0xc7, 0xca, 0xcb, 0xcc, 0xcf, 0xd3, 0xd4, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf,
  0xe0, 0xff, 0x5f, 0x2d,
];

type Change = (bytes: Buffer, random: Random) => Buffer;

const CHANGES: readonly Change[] = [
  function flipBit(bytes, random) {
    const at = random.below(bytes.length);
    bytes[at] = bytes[at]! ^ (1 << random.below(8));
    return bytes;
  },
  function replaceByte(bytes, random) {
    bytes[random.below(bytes.length)] = random.oneIn(2) ? random.below(256) : random.pick(TELLING);
    return bytes;
  },
  function nudgeByte(bytes, random) {
    const at = random.below(bytes.length);
    bytes[at] = bytes[at]! + (random.oneIn(2) ? 1 : -1);
    return bytes;
  },
  function insertByte(bytes, random) {
    const at = random.below(bytes.length + 1);
    const byte = random.pick(TELLING);
    return Buffer.concat([bytes.subarray(0, at), Uint8Array.of(byte), bytes.subarray(at)]);
  },
  function removeBytes(bytes, random) {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4))]);
  },
  function cutEnd(bytes, random) {
    return bytes.subarray(0, random.below(bytes.length));
  },
  function appendByte(bytes, random) {
    return Buffer.concat([bytes, Uint8Array.of(random.pick(TELLING))]);
  },
  function copyPart(bytes, random) {
    const [from, to] = [random.below(bytes.length), random.below(bytes.length)];
    bytes.copyWithin(to, from, from + 1 + random.below(16));
    return bytes;
  },
];

/** A copy of `bytes` with one to three changes that know nothing of what they mean. */
export function mutatedBytes(bytes: Uint8Array, random: Random): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let left = 1 + random.below(3); left > 0 && changed.length > 0; left--) {
    changed = random.pick(CHANGES)(changed, random);
  }
  return changed;
}
