import type { ConstantRun } from "./constant-run.js";
import { isAsciiBetween, latin1Between } from "./latin1.js";
import { CACHED_SIZE_MAX, TextCache } from "./text-cache.js";
import type { TextPattern } from "./text-pattern.js";
import { isUtf8Between } from "./utf8.js";

/** Texts below this size are looked up before they are built. */
const TWO_TO_32 = 0x1_0000_0000;
const NOTHING = Buffer.alloc(0);

/**
 * Reads MessagePack for the generated decoders, which expect one exact form and decline all others.
 *
 * Nothing here throws on purpose and nothing is guessed: a method that does not find what it is for
 * returns `undefined` (numbers: NaN, counts: -1) and the message goes to the reference path, which
 * decides. A constant run is compared without asking whether it fits; past the memory that is a
 * `RangeError`, past the payload the final look at `isAtEnd`, and both decline as well.
 */
export class PackReader {
  /** The memory that the payload lies in. */
  buffer: Buffer = NOTHING;
  /** The same memory, for wide loads. */
  view: DataView = new DataView(NOTHING.buffer, 0, 0);
  /** Where the next byte comes from. */
  offset = 0;
  /** Where the payload ends. */
  end = 0;

  readonly #texts = new TextCache();
  #chunk: Uint8Array = NOTHING;

  /** Starts on a payload. A chunk holds many, so its view is made once. */
  open(chunk: Uint8Array, from: number, to: number): void {
    if (chunk !== this.#chunk) this.#use(chunk);
    this.offset = from;
    this.end = to;
  }

  get isAtEnd(): boolean {
    return this.offset === this.end;
  }

  /** Passes over exactly these bytes; `false` where others are there. */
  skip(run: ConstantRun): boolean {
    if (!run.isAt(this.view, this.offset)) return false;
    this.offset += run.size;
    return true;
  }

  boolean(): boolean | undefined {
    const head = this.buffer[this.offset++];
    if (head === 0xc3) return true;
    return head === 0xc2 ? false : undefined;
  }

  /** A finite number in any form that a double holds exactly. */
  number(): number {
    const { offset } = this;
    const head = this.buffer[offset]!;
    if (head < 0x80) {
      this.offset = offset + 1;
      return head;
    }
    if (head !== 0xcb) return this.integer();
    this.offset = offset + 9;
    const value = this.view.getFloat64(offset + 1);
    return value - value === 0 ? value : Number.NaN;
  }

  /** A safe integer in one of the integer forms. */
  integer(): number {
    const { offset } = this;
    const head = this.buffer[offset]!;
    if (head < 0x80) {
      this.offset = offset + 1;
      return head;
    }
    return this.#integerAfter(head, offset + 1);
  }

  /** A 64-bit integer in one of the integer forms. */
  bigint(): bigint | undefined {
    const { offset } = this;
    const head = this.buffer[offset];
    if (head === 0xcf || head === 0xd3) {
      this.offset = offset + 9;
      return head === 0xcf ? this.view.getBigUint64(offset + 1) : this.view.getBigInt64(offset + 1);
    }
    const value = this.integer();
    return Number.isNaN(value) ? undefined : BigInt(value);
  }

  string(): string | undefined {
    const size = this.#textSize();
    const from = this.offset;
    const to = from + size;
    if (size < 0 || to > this.end) return undefined;
    this.offset = to;
    if (size === 0) return "";
    if (size <= CACHED_SIZE_MAX) {
      const text = this.#texts.get(this.buffer, this.view, from, to);
      if (text !== undefined) return text;
    }
    return this.#longText(from, to);
  }

  /** A text that matches `pattern`. */
  matching(pattern: TextPattern): string | undefined {
    const size = this.#textSize();
    const from = this.offset;
    const to = from + size;
    if (size < 0 || to > this.end) return undefined;
    this.offset = to;
    if (size > 0 && size <= CACHED_SIZE_MAX) {
      const text = this.#texts.getMatching(pattern, this.buffer, this.view, from, to);
      if (text !== undefined) return text;
    }
    const text = this.#longText(from, to);
    return text !== undefined && pattern.test(text) ? text : undefined;
  }

  /** Bytes in the form that both sides agreed on with `bin`; a view, not a copy. */
  bytes(): Uint8Array | undefined {
    const { buffer, view, offset } = this;
    const head = buffer[offset]!;
    if (head < 0xc4 || head > 0xc6) return undefined;
    const width = 1 << (head - 0xc4);
    const from = offset + 1 + width;
    const size =
      head === 0xc4
        ? buffer[offset + 1]!
        : head === 0xc5
          ? view.getUint16(offset + 1)
          : view.getUint32(offset + 1);
    if (from + size > this.end) return undefined;
    this.offset = from + size;
    return new Uint8Array(buffer.buffer, buffer.byteOffset + from, size);
  }

  /** How many items follow. Each takes at least a byte, so a count beyond the payload is a lie. */
  arrayHeader(): number {
    const { buffer, offset } = this;
    const head = buffer[offset]!;
    if ((head & 0xf0) === 0x90) {
      this.offset = offset + 1;
      return head & 0x0f;
    }
    return head === 0xdc || head === 0xdd ? this.#wideCount(head === 0xdc, 1) : -1;
  }

  /** How many fields follow. */
  mapHeader(): number {
    const { buffer, offset } = this;
    const head = buffer[offset]!;
    if ((head & 0xf0) === 0x80) {
      this.offset = offset + 1;
      return head & 0x0f;
    }
    return head === 0xde || head === 0xdf ? this.#wideCount(head === 0xde, 2) : -1;
  }

  /** What the next value is, without reading it. */
  peek(): "string" | "number" | "boolean" | "array" | "other" {
    const head = this.buffer[this.offset]!;
    if ((head & 0xe0) === 0xa0 || (head >= 0xd9 && head <= 0xdb)) return "string";
    if (head < 0x80 || head >= 0xe0 || (head >= 0xca && head <= 0xd3)) return "number";
    if (head === 0xc2 || head === 0xc3) return "boolean";
    return (head & 0xf0) === 0x90 || head === 0xdc || head === 0xdd ? "array" : "other";
  }

  #integerAfter(head: number, from: number): number {
    const { view } = this;
    switch (head) {
      case 0xcc:
        this.offset = from + 1;
        return view.getUint8(from);
      case 0xcd:
        this.offset = from + 2;
        return view.getUint16(from);
      case 0xce:
        this.offset = from + 4;
        return view.getUint32(from);
      case 0xcf:
        return this.#safe(view.getUint32(from), from);
      case 0xd0:
        this.offset = from + 1;
        return view.getInt8(from);
      case 0xd1:
        this.offset = from + 2;
        return view.getInt16(from);
      case 0xd2:
        this.offset = from + 4;
        return view.getInt32(from);
      case 0xd3:
        return this.#safe(view.getInt32(from), from);
      default:
        this.offset = from;
        return head >= 0xe0 ? head - 0x100 : Number.NaN;
    }
  }

  #safe(high: number, from: number): number {
    this.offset = from + 8;
    const value = high * TWO_TO_32 + this.view.getUint32(from + 4);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }

  /** Size of a text, with its head read, or -1. */
  #textSize(): number {
    const { buffer, view, offset } = this;
    const head = buffer[offset]!;
    if ((head & 0xe0) === 0xa0) {
      this.offset = offset + 1;
      return head & 0x1f;
    }
    if (head === 0xd9) {
      this.offset = offset + 2;
      return buffer[offset + 1]!;
    }
    if (head === 0xda) {
      this.offset = offset + 3;
      return view.getUint16(offset + 1);
    }
    if (head !== 0xdb) return -1;
    this.offset = offset + 5;
    return view.getUint32(offset + 1);
  }

  #longText(from: number, to: number): string | undefined {
    const { buffer, view } = this;
    if (isAsciiBetween(buffer, view, from, to)) return latin1Between(buffer, from, to);
    return isUtf8Between(buffer, from, to) ? buffer.toString("utf8", from, to) : undefined;
  }

  #use(chunk: Uint8Array): void {
    const { buffer, byteOffset, length } = chunk;
    this.#chunk = chunk;
    this.buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(buffer, byteOffset, length);
    this.view = new DataView(buffer, byteOffset, length);
  }

  #wideCount(isShort: boolean, itemSizeMin: number): number {
    const { view, offset } = this;
    const count = isShort ? view.getUint16(offset + 1) : view.getUint32(offset + 1);
    this.offset = offset + (isShort ? 3 : 5);
    return count * itemSizeMin > this.end - this.offset ? -1 : count;
  }
}
