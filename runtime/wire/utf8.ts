import { isUtf8 } from "node:buffer";

/** Above this size a call into C++ is faster than the loop below. */
const SHORT_SIZE_MAX = 64;

/**
 * Whether `bytes` from `from` to `to` are UTF-8 as RFC 3629 has it: no overlong forms, no
 * surrogates, nothing above U+10FFFF, no sequence cut short.
 */
export function isUtf8Between(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > SHORT_SIZE_MAX) return isUtf8(bytes.subarray(from, to));
  let at = from;
  while (at < to) {
    const size = bytes[at]! < 0x80 ? 1 : sequenceSize(bytes, at, to);
    if (size === 0) return false;
    at += size;
  }
  return true;
}

/**
 * Size of the sequence that begins at `at` with a byte of 0x80 or more, or 0 if it is malformed.
 */
function sequenceSize(bytes: Uint8Array, at: number, to: number): number {
  const lead = bytes[at]!;
  const second = byteBefore(to, bytes, at + 1);
  if (lead < 0xc2 || lead > 0xf4 || !isTail(second)) return 0;
  if (lead < 0xe0) return 2;
  const isThirdTail = isTail(byteBefore(to, bytes, at + 2));
  if (lead < 0xf0) {
    const isOverlong = lead === 0xe0 && second < 0xa0;
    const isSurrogate = lead === 0xed && second >= 0xa0;
    return isThirdTail && !isOverlong && !isSurrogate ? 3 : 0;
  }
  const isOverlong = lead === 0xf0 && second < 0x90;
  const isTooHigh = lead === 0xf4 && second >= 0x90;
  const isComplete = isThirdTail && isTail(byteBefore(to, bytes, at + 3));
  return isComplete && !isOverlong && !isTooHigh ? 4 : 0;
}

/** The byte at `at`, or 0, which never continues a sequence, where the text has ended. */
function byteBefore(to: number, bytes: Uint8Array, at: number): number {
  return at < to ? bytes[at]! : 0;
}

function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
