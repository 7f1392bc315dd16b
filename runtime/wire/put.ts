/*
 * What generated encoders put into memory that they have reserved. Each function writes one value at an
 * offset and returns the offset behind it: the offset then lives in a register, not in an object.
 */

const UUID_LENGTH = 36;
const TWO_TO_32 = 0x1_0000_0000;
/** From this length on a call into C++ is faster than a loop over the characters. */
const LONG_LENGTH_MIN = 64;

/** The 36 characters of a UUID, without a head. */
export function putUuid(view: DataView, at: number, text: string): number {
  for (let index = 0; index < UUID_LENGTH; index += 4) {
    const high = (text.charCodeAt(index) << 24) | (text.charCodeAt(index + 1) << 16);
    const low = (text.charCodeAt(index + 2) << 8) | text.charCodeAt(index + 3);
    view.setInt32(at + index, high | low);
  }
  return at + UUID_LENGTH;
}

export function putBoolean(view: DataView, at: number, value: boolean): number {
  view.setUint8(at, value ? 0xc3 : 0xc2);
  return at + 1;
}

/** A number in integer form where it is a safe integer (-0 becomes 0), else as a float. At most 9 bytes. */
export function putNumber(view: DataView, at: number, value: number): number {
  if ((value | 0) === value && value >= 0) return putSmall(view, at, value);
  if (Number.isSafeInteger(value)) return putLarge(view, at, value);
  view.setUint8(at, 0xcb);
  view.setFloat64(at + 1, value);
  return at + 9;
}

/** A safe integer in the shortest form. At most 9 bytes. */
export function putInteger(view: DataView, at: number, value: number): number {
  if ((value | 0) === value && value >= 0) return putSmall(view, at, value);
  return putLarge(view, at, value);
}

/** A text as UTF-8, its head included. At most 5 bytes and 3 for each unit of its length. */
export function putText(buffer: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length >= LONG_LENGTH_MIN) return putLong(buffer, at, text);
  const from = at + (length < 32 ? 1 : 2);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return putLong(buffer, at, text);
    buffer[from + index] = code;
  }
  putTextHead(buffer, at, length);
  return from + length;
}

/** From 0 to 2^31 - 1. */
function putSmall(view: DataView, at: number, value: number): number {
  if (value < 0x80) {
    view.setUint8(at, value);
    return at + 1;
  }
  if (value < 0x100) {
    view.setUint16(at, 0xcc00 | value);
    return at + 2;
  }
  if (value < 0x1_0000) {
    view.setUint8(at, 0xcd);
    view.setUint16(at + 1, value);
    return at + 3;
  }
  view.setUint8(at, 0xce);
  view.setUint32(at + 1, value);
  return at + 5;
}

function putLarge(view: DataView, at: number, value: number): number {
  if (value < 0) return putNegative(view, at, value);
  if (value < TWO_TO_32) return putSmall(view, at, value);
  return putWide(view, at, 0xcf, value);
}

function putNegative(view: DataView, at: number, value: number): number {
  if (value >= -0x20) {
    view.setInt8(at, value);
    return at + 1;
  }
  if (value >= -0x80) {
    view.setUint8(at, 0xd0);
    view.setInt8(at + 1, value);
    return at + 2;
  }
  if (value >= -0x8000) {
    view.setUint8(at, 0xd1);
    view.setInt16(at + 1, value);
    return at + 3;
  }
  if (value < -0x8000_0000) return putWide(view, at, 0xd3, value);
  view.setUint8(at, 0xd2);
  view.setInt32(at + 1, value);
  return at + 5;
}

function putWide(view: DataView, at: number, marker: number, value: number): number {
  view.setUint8(at, marker);
  view.setInt32(at + 1, Math.floor(value / TWO_TO_32));
  view.setUint32(at + 5, value);
  return at + 9;
}

/** Guesses the size of the head from the length, and moves the text where the guess was short. */
function putLong(buffer: Buffer, at: number, text: string): number {
  const guess = textHeadSize(text.length);
  const size = buffer.write(text, at + guess);
  const headSize = textHeadSize(size);
  if (headSize !== guess) buffer.copyWithin(at + headSize, at + guess, at + guess + size);
  putTextHead(buffer, at, size);
  return at + headSize + size;
}

/** The head of a text of `size` bytes. */
export function putTextHead(buffer: Buffer, at: number, size: number): void {
  if (size < 32) buffer[at] = 0xa0 | size;
  else if (size < 0x100) {
    buffer[at] = 0xd9;
    buffer[at + 1] = size;
  } else if (size < 0x1_0000) {
    buffer[at] = 0xda;
    buffer.writeUInt16BE(size, at + 1);
  } else {
    buffer[at] = 0xdb;
    buffer.writeUInt32BE(size, at + 1);
  }
}

/** Size of the head of a text of `size` bytes. */
export function textHeadSize(size: number): number {
  if (size < 32) return 1;
  if (size < 0x100) return 2;
  return size < 0x1_0000 ? 3 : 5;
}
