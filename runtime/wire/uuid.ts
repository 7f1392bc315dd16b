/*
 * Four characters at a time. For a byte below 0x80, adding (0x80 - bound) sets its top bit exactly if it is
 * at least `bound`, and nothing carries into the next byte.
 */
const TOP_BITS = 0x8080_8080 | 0;
const FROM_0 = 0x5050_5050;
const BEYOND_9 = 0x4646_4646;
const FROM_A = 0x1f1f_1f1f;
const BEYOND_F = 0x1919_1919;
const DASH = 0x2d;

/** Whether 36 bytes from `at` on are a UUID in lower case. */
export function isUuid(view: DataView, at: number): boolean {
  return (
    view.getUint8(at + 8) === DASH &&
    view.getUint8(at + 13) === DASH &&
    view.getUint8(at + 18) === DASH &&
    view.getUint8(at + 23) === DASH &&
    isHex(view.getInt32(at)) &&
    isHex(view.getInt32(at + 4)) &&
    isHex(view.getInt32(at + 9)) &&
    isHex(view.getInt32(at + 14)) &&
    isHex(view.getInt32(at + 19)) &&
    isHex(view.getInt32(at + 24)) &&
    isHex(view.getInt32(at + 28)) &&
    isHex(view.getInt32(at + 32))
  );
}

/** Whether four characters are digits or a to f. */
function isHex(word: number): boolean {
  const isDigit = (word + FROM_0) & ~(word + BEYOND_9);
  const isLetter = (word + FROM_A) & ~(word + BEYOND_F);
  return (word & TOP_BITS) === 0 && ((isDigit | isLetter) & TOP_BITS) === TOP_BITS;
}
