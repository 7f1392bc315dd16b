import { WireFault } from "./fault.js";
import { putInteger, putNumber, putText, putTextHead, textHeadSize } from "./put.js";
import type { Slab } from "./slab.js";

/** Large bytes that leave from where they are instead of being copied. */
interface Reference {
  /** Where they belong: in front of the byte of the buffer at this offset. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** From this length on the exact size is worth a pass, so that `reserve` never asks for thrice. */
const EXACT_LENGTH_MIN = 4096;

/** A gibibyte, and a number that the engine keeps without a box. */
const OFFSET_MAX = 0x3fff_ffff;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

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
  /**
   * `offset` may not pass this; a message too large is refused while it grows, not afterwards. Each
   * reference lowers it by its size.
   */
  offsetMax = OFFSET_MAX;
  /**
   * Bytes that travel as bin are left out from this size on and noted in `references`. Default: none
   * are, since `bytes` has no place for them.
   */
  referenceSizeMin = OFFSET_MAX;
  /** What was left out, in the order of its places. It belongs to the application: see `FrameBatch`. */
  readonly references: Reference[] = [];
  /** Size of all that was left out, in bytes. */
  referencedSize = 0;

  constructor(size = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(size);
    this.view = viewOf(this.buffer);
  }

  /** What was written since `start`, as a view that stays valid until the next write. */
  bytes(): Uint8Array {
    const { buffer, byteOffset } = this.buffer;
    return new Uint8Array(buffer, byteOffset + this.start, this.offset - this.start);
  }

  /** Makes room for `size` more bytes and returns where they go. */
  reserve(size: number): number {
    if (this.offset + size > this.buffer.length) this.#grow(size);
    return this.offset;
  }

  /** Forgets what was written from `offset` on. */
  rewind(offset: number): void {
    this.offset = offset;
    const { references } = this;
    while (references.length > 0 && references.at(-1)!.at > offset) {
      const { length } = references.pop()!.bytes;
      this.referencedSize -= length;
      this.offsetMax += length;
    }
  }

  /** What was written from `from` on, with what was left out in its places: the pieces in their order. */
  piecesFrom(from: number): Uint8Array[] {
    const { buffer, offset, references } = this;
    const pieces: Uint8Array[] = [];
    let start = from;
    for (const { at, bytes } of references) {
      if (at <= from) continue;
      if (at > start) pieces.push(buffer.subarray(start, at));
      pieces.push(bytes);
      start = at;
    }
    if (start < offset) pieces.push(buffer.subarray(start, offset));
    return pieces;
  }

  /** The same for all since `start`; nothing is left out any more. */
  takePieces(): Uint8Array[] {
    const pieces = this.piecesFrom(this.start);
    this.references.length = 0;
    this.referencedSize = 0;
    return pieces;
  }

  /** Goes on in other memory; nothing is copied. */
  use({ buffer, view }: Slab): void {
    this.buffer = buffer;
    this.view = view;
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
    const at = this.reserve(9);
    this.offset = putNumber(this.view, at, value);
  }

  /** A safe integer. */
  integer(value: number): void {
    const at = this.reserve(9);
    this.offset = putInteger(this.view, at, value);
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
    const isLong = text.length >= EXACT_LENGTH_MIN;
    const at = this.reserve(5 + (isLong ? Buffer.byteLength(text) : text.length * 3));
    this.offset = putText(this.buffer, at, text);
  }

  /** Bytes, as MessagePack bin. */
  binary(bytes: Uint8Array): void {
    const size = bytes.length;
    const isReferenced = size >= this.referenceSizeMin;
    this.reserve(isReferenced ? 5 : 5 + size);
    this.#binaryHead(size);
    if (isReferenced) {
      this.refer(bytes);
      return;
    }
    this.buffer.set(bytes, this.offset);
    this.offset += size;
  }

  /** Bytes that are MessagePack already, or that follow their head, left where they are. */
  refer(bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.offset + length > this.offsetMax) throw this.#tooLarge(this.offset + length);
    this.references.push({ at: this.offset, bytes });
    this.referencedSize += length;
    this.offsetMax -= length;
  }

  /** Bytes: as bin where `bin` is agreed, else as base64 text. */
  base64(bytes: Uint8Array): void {
    if (this.bin) {
      this.binary(bytes);
      return;
    }
    const size = Math.ceil(bytes.length / 3) * 4;
    const at = this.reserve(5 + size);
    putTextHead(this.buffer, at, size);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
    const from = at + textHeadSize(size);
    this.offset = from + this.buffer.write(text, from, "latin1");
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

  #binaryHead(size: number): void {
    if (size < 0x100) {
      this.buffer[this.offset] = 0xc4;
      this.buffer[this.offset + 1] = size;
      this.offset += 2;
    } else if (size < 0x1_0000) this.#head16(0xc5, size);
    else this.#head32(0xc6, size);
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

  #grow(size: number): void {
    const needed = this.offset + size;
    if (needed > this.offsetMax) throw this.#tooLarge(needed);
    const next = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, needed, 64));
    this.buffer.copy(next, this.start, this.start, this.offset);
    this.buffer = next;
    this.view = viewOf(next);
  }

  #tooLarge(needed: number): WireFault {
    const got = `${needed - this.start + this.referencedSize} bytes`;
    return new WireFault("PROTOCOL_ERROR", `a message grew to ${got}, over the limit`, {
      expected: "a smaller message",
      got,
    });
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
