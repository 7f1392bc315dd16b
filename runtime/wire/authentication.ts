import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { VERSION_MAJOR, VERSION_MINOR } from "./header.js";
import type { PackWriter } from "./pack-writer.js";

/*
 * The last entry of an authenticated payload, of fixed size: the key "hmac" and a text of "sha256:" and 64 hex
 * digits. It covers which frame of its direction this is, the version, and every byte of the payload before it as
 * it is on the wire, so nothing is ever encoded again to be judged.
 */

/** "hmac", the head of a text of 71 bytes, "sha256:". */
const ENTRY_HEAD = Buffer.from("a4686d6163d9477368613235363a", "hex");
const DIGITS_SIZE = 64;
const ENTRY_SIZE = ENTRY_HEAD.length + DIGITS_SIZE;

/** Memory for what stands in front of a payload, of all frames: it is used up before another needs it. */
const PREFIX = Buffer.alloc(10);
PREFIX[8] = VERSION_MAJOR;
PREFIX[9] = VERSION_MINOR;

/** Adds the entry to the payload that `writer` has from `from` on, and counts it in the head of the map. */
export function putAuthentication(
  writer: PackWriter,
  from: number,
  key: KeyObject,
  counter: number,
): void {
  writer.view.setUint8(from, writer.view.getUint8(from) + 1);
  const digits = digitsOf(key, counter, writer.piecesFrom(from));
  writer.raw(ENTRY_HEAD);
  writer.raw(digits);
}

/** Where the entry begins in the payload that is in `bytes` from `from` to `to`; `undefined`: it has none. */
export function authenticationAt(bytes: Uint8Array, from: number, to: number): number | undefined {
  const at = to - ENTRY_SIZE;
  if (at <= from) return undefined;
  for (let index = 0; index < ENTRY_HEAD.length; index++) {
    if (bytes[at + index] !== ENTRY_HEAD[index]) return undefined;
  }
  return at;
}

/** Whether the entry at `at` is right for the payload before it. How long it takes does not depend on the answer. */
export function isAuthentic(
  bytes: Uint8Array,
  from: number,
  at: number,
  key: KeyObject,
  counter: number,
): boolean {
  const digits = bytes.subarray(at + ENTRY_HEAD.length, at + ENTRY_SIZE);
  return timingSafeEqual(digits, digitsOf(key, counter, [bytes.subarray(from, at)]));
}

function digitsOf(key: KeyObject, counter: number, pieces: readonly Uint8Array[]): Buffer {
  PREFIX.writeBigUInt64BE(BigInt(counter));
  const hmac = createHmac("sha256", key).update(PREFIX);
  for (const piece of pieces) hmac.update(piece);
  return Buffer.from(hmac.digest("hex"), "latin1");
}
