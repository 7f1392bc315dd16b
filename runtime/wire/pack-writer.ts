import type { ConstantRun } from "./constant-run.js";
import { WireFault } from "./fault.js";

/** Below this length a loop over the characters is faster than a call into C++. */
const SHORT_LENGTH_MAX = 24;
/** From this length on the exact size is worth a pass, so that `reserve` never asks for thrice. */
const EXACT_LENGTH_MIN = 4096;

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const UUID_LENGTH = 36;
const TWO_TO_32 = 0x1_0000_0000;

/**
 * Writes MessagePack into a buffer that grows, always in the shortest form.
 *
 * It does not check what it is given: generated encoders call it with data that is already valid.
 * The fields are public because those encoders also write constant runs straight into the buffer,
 * after one `reserve`. `buffer` and `view` change whenever it grows: read them again after each
 * `reserve`.
 */
export class PackWriter {
  /** Where the bytes go. Its content from `offset` on is undefined. */
  buffer: Buffer;
  /** The same memory as `buffer`, for wide stores. */
  view: DataView;
  /** Where the next byte goes. */
  offset = 0;
  /** First byte that still matters: those before it are not carried along when the buffer grows. */
  start = 0;
  /** Whether binary fields travel as MessagePack bin, which both sides must have agreed on. */
  bin = false;
  /** `offset` may not pass this; a message too large is refused while it grows, not afterwards. */
  offsetMax = Number.POSITIVE_INFINITY;

  constructor(size = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(size);
    this.view = viewOf(this.buffer);
  }

  /** What was written since `start`, as a view that stays valid until the next write. */
  bytes(): Uint8Array {
    return this.buffer.subarray(this.start, this.offset);
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    if (this.offset + size > this.buffer.length) this.#grow(size);
  }

  /** Goes on in another buffer; nothing is copied. */
  replace(buffer: Buffer): void {
    this.buffer = buffer;
    this.view = viewOf(buffer);
    this.start = 0;
    this.offset = 0;
  }

  nil(): void {
    this.reserve(1);
    this.buffer[this.offset++] = 0xc0;
  }

  boolean(value: boolean): void {
    this.reserve(1);
    this.buffer[this.offset++] = value ? 0xc3 : 0xc2;
  }

  /** A number in integer form where it is a safe integer (-0 becomes 0), else as a float. */
  number(value: number): void {
    if (Number.isSafeInteger(value)) this.integer(value);
    else this.float(value);
  }

  /** A safe integer. */
  integer(value: number): void {
    this.reserve(9);
    if (value >= 0) this.#unsigned(value);
    else this.#negative(value);
  }

  /** A 64-bit integer, signed or unsigned; the form is the same as for a number of equal value. */
  bigint(value: bigint): void {
    if (value >= -SAFE_MAX && value <= SAFE_MAX) {
      this.integer(Number(value));
      return;
    }
    if (value < INT64_MIN || value > UINT64_MAX)
      throw new RangeError(`${value} needs over 64 bits`);
    this.reserve(9);
    this.buffer[this.offset] = value < 0n ? 0xd3 : 0xcf;
    this.view.setBigInt64(this.offset + 1, value);
    this.offset += 9;
  }

  /** A number as a 64-bit float, whatever its value. */
  float(value: number): void {
    this.reserve(9);
    this.buffer[this.offset] = 0xcb;
    this.view.setFloat64(this.offset + 1, value);
    this.offset += 9;
  }

  /** Text as UTF-8. A surrogate without its pair becomes U+FFFD, as in `TextEncoder`. */
  string(text: string): void {
    if (text.length >= SHORT_LENGTH_MAX || !this.#shortAscii(text)) this.#anyString(text);
  }

  /** Bytes, as MessagePack bin. */
  binary(bytes: Uint8Array): void {
    const size = bytes.length;
    this.reserve(5 + size);
    const { buffer, offset } = this;
    if (size < 0x100) {
      buffer[offset] = 0xc4;
      buffer[offset + 1] = size;
      this.offset = offset + 2;
    } else if (size < 0x1_0000) this.#head16(0xc5, size);
    else this.#head32(0xc6, size);
    this.buffer.set(bytes, this.offset);
    this.offset += size;
  }

  /** Bytes: as bin where `bin` is agreed, else as base64 text. */
  base64(bytes: Uint8Array): void {
    if (this.bin) {
      this.binary(bytes);
      return;
    }
    const size = Math.ceil(bytes.length / 3) * 4;
    this.reserve(5 + size);
    this.#stringHead(size);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
    this.offset += this.buffer.write(text, this.offset, "latin1");
  }

  /** The head of an array; `count` items have to follow. */
  arrayHeader(count: number): void {
    this.reserve(5);
    if (count < 16) this.buffer[this.offset++] = 0x90 | count;
    else if (count < 0x1_0000) this.#head16(0xdc, count);
    else this.#head32(0xdd, count);
  }

  /** The head of a map; `count` keys, each with its value, have to follow. */
  mapHeader(count: number): void {
    this.reserve(5);
    if (count < 16) this.buffer[this.offset++] = 0x80 | count;
    else if (count < 0x1_0000) this.#head16(0xde, count);
    else this.#head32(0xdf, count);
  }

  /** Bytes that are MessagePack already. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  /** The same for bytes that are always the same. */
  run({ words, offsets, size }: ConstantRun): void {
    this.reserve(size);
    const { view, offset } = this;
    for (let index = 0; index < words.length; index++) {
      view.setUint32(offset + offsets[index]!, words[index]!);
    }
    this.offset = offset + size;
  }

  /** The 36 characters of a UUID, without a head. */
  uuid(text: string): void {
    this.reserve(UUID_LENGTH);
    const { view, offset } = this;
    for (let index = 0; index < UUID_LENGTH; index += 4) {
      const high = (text.charCodeAt(index) << 24) | (text.charCodeAt(index + 1) << 16);
      const low = (text.charCodeAt(index + 2) << 8) | text.charCodeAt(index + 3);
      view.setInt32(offset + index, high | low);
    }
    this.offset = offset + UUID_LENGTH;
  }

  /** Any value that a schema allows: text, numbers, bytes, arrays, and maps without undefined fields. */
  value(value: unknown): void {
    if (typeof value === "string") this.string(value);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "boolean") this.boolean(value);
    else if (typeof value === "bigint") this.bigint(value);
    else if (value instanceof Uint8Array) this.base64(value);
    else if (Array.isArray(value)) this.#array(value);
    else if (typeof value === "object" && value !== null) this.#map(value);
    else throw new TypeError(`a ${typeof value} has no form on the wire`);
  }

  #array(items: readonly unknown[]): void {
    this.arrayHeader(items.length);
    for (const item of items) this.value(item);
  }

  #map(map: object): void {
    const entries = Object.entries(map).filter(([, value]) => value !== undefined);
    this.mapHeader(entries.length);
    for (const [key, value] of entries) {
      this.string(key);
      this.value(value);
    }
  }

  #unsigned(value: number): void {
    const { buffer, offset } = this;
    if (value < 0x80) {
      buffer[offset] = value;
      this.offset = offset + 1;
    } else if (value < 0x100) {
      buffer[offset] = 0xcc;
      buffer[offset + 1] = value;
      this.offset = offset + 2;
    } else if (value < 0x1_0000) this.#head16(0xcd, value);
    else if (value < TWO_TO_32) this.#head32(0xce, value);
    else this.#wide(0xcf, value);
  }

  #negative(value: number): void {
    const { buffer, offset } = this;
    if (value >= -0x20) {
      buffer[offset] = value;
      this.offset = offset + 1;
    } else if (value >= -0x80) {
      buffer[offset] = 0xd0;
      buffer[offset + 1] = value;
      this.offset = offset + 2;
    } else if (value >= -0x8000) this.#head16(0xd1, value);
    else if (value >= -0x8000_0000) this.#head32(0xd2, value);
    else this.#wide(0xd3, value);
  }

  /** A marker and two bytes; signed values wrap to two's complement. */
  #head16(marker: number, value: number): void {
    const { buffer, offset } = this;
    buffer[offset] = marker;
    buffer[offset + 1] = value >> 8;
    buffer[offset + 2] = value;
    this.offset = offset + 3;
  }

  #head32(marker: number, value: number): void {
    this.buffer[this.offset] = marker;
    this.view.setUint32(this.offset + 1, value);
    this.offset += 5;
  }

  #wide(marker: number, value: number): void {
    this.buffer[this.offset] = marker;
    this.view.setInt32(this.offset + 1, Math.floor(value / TWO_TO_32));
    this.view.setUint32(this.offset + 5, value);
    this.offset += 9;
  }

  /** Writes a string shorter than 24 characters if it is ASCII; otherwise nothing has happened. */
  #shortAscii(text: string): boolean {
    const length = text.length;
    this.reserve(1 + length);
    const { buffer, offset } = this;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[offset + 1 + index] = code;
    }
    buffer[offset] = 0xa0 | length;
    this.offset = offset + 1 + length;
    return true;
  }

  /** Guesses the size of the head from the length, and moves the text where the guess was short. */
  #anyString(text: string): void {
    const isExact = text.length >= EXACT_LENGTH_MIN;
    const sizeMax = isExact ? Buffer.byteLength(text) : text.length * 3;
    this.reserve(5 + sizeMax);
    const guess = stringHeadSize(isExact ? sizeMax : text.length);
    const from = this.offset + guess;
    const size = this.buffer.write(text, from);
    const headSize = stringHeadSize(size);
    if (headSize !== guess) this.buffer.copyWithin(this.offset + headSize, from, from + size);
    this.#stringHead(size);
    this.offset += size;
  }

  #stringHead(size: number): void {
    const { buffer, offset } = this;
    if (size < 32) {
      buffer[offset] = 0xa0 | size;
      this.offset = offset + 1;
    } else if (size < 0x100) {
      buffer[offset] = 0xd9;
      buffer[offset + 1] = size;
      this.offset = offset + 2;
    } else if (size < 0x1_0000) this.#head16(0xda, size);
    else this.#head32(0xdb, size);
  }

  #grow(size: number): void {
    const needed = this.offset + size;
    if (needed > this.offsetMax) throw tooLarge(needed - this.start);
    const next = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, needed, 64));
    this.buffer.copy(next, this.start, this.start, this.offset);
    this.buffer = next;
    this.view = viewOf(next);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

function stringHeadSize(size: number): number {
  if (size < 32) return 1;
  if (size < 0x100) return 2;
  return size < 0x1_0000 ? 3 : 5;
}

function tooLarge(size: number): WireFault {
  return new WireFault("PROTOCOL_ERROR", `a message grew to ${size} bytes, over the limit`, {
    expected: "a smaller message",
    got: `${size} bytes`,
  });
}
