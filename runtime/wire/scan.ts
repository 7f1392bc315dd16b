import { WireFault } from "./fault.js";
import { KeyStack } from "./key-stack.js";
import { isUtf8Between } from "./utf8.js";
import { counted, describe } from "./words.js";

/** How deep maps and arrays may lie in one another. */
export const DEPTH_MAX = 32;

/** Longest key that a fault repeats, in bytes. */
const SHOWN_KEY_SIZE_MAX = 120;
const PROTO_KEY = Buffer.from("__proto__");

/**
 * Stands in `PLAIN_SIZES` for markers of strings and containers, and for those that are refused.
 */
const NOT_PLAIN = -1;
/** How many bytes follow the marker of a nil, boolean, number or short string, by marker. */
const PLAIN_SIZES = plainSizes();

/**
 * Throws `WireFault`, saying at which byte, unless a payload is one well-formed MessagePack value
 * of our profile: standard types only, string keys, none of them twice, valid UTF-8, at most 32
 * levels, nothing behind it.
 *
 * It does not recurse, and takes time and memory in proportion to the bytes that are there,
 * whatever they declare. So a payload that has passed may be handed to a decoder that trusts it.
 * Returns whether a string in it begins with a byte order mark, which many decoders would drop.
 */
export function scanStructure(payload: Uint8Array): boolean {
  return SCAN.run(payload);
}

class StructureScan {
  #bytes: Uint8Array = PROTO_KEY;
  #at = 0;
  /** Values that have to come yet, in all open containers together. Each takes a byte at least. */
  #owed = 0;
  #hasMark = false;
  #depth = 0;
  /** The same by level. A map owes its keys as well, so while the rest is even a key comes next. */
  readonly #rest = new Uint32Array(DEPTH_MAX + 1);
  readonly #isMap = new Uint8Array(DEPTH_MAX + 1);
  readonly #keyBase = new Uint32Array(DEPTH_MAX + 1);
  readonly #keys = new KeyStack();

  run(payload: Uint8Array): boolean {
    this.#bytes = payload;
    this.#at = 0;
    this.#owed = 1;
    this.#hasMark = false;
    this.#depth = 0;
    try {
      this.#value();
      while (this.#depth > 0) this.#step();
      const excess = payload.length - this.#at;
      if (excess > 0) throw faultAt(this.#at, "the end", counted(excess, "more byte"));
      return this.#hasMark;
    } finally {
      this.#keys.reset();
      this.#bytes = PROTO_KEY;
    }
  }

  #step(): void {
    const depth = this.#depth;
    const rest = this.#rest[depth]!;
    if (rest === 0) {
      this.#close();
      return;
    }
    this.#rest[depth] = rest - 1;
    if (this.#isMap[depth] === 1 && (rest & 1) === 0) this.#key();
    else this.#value();
  }

  #value(): void {
    const marker = this.#marker();
    const size = PLAIN_SIZES[marker]!;
    if (size !== NOT_PLAIN) this.#skip(size);
    else if (marker < 0x90) this.#open(marker & 0x0f, true);
    else if (marker < 0xa0) this.#open(marker & 0x0f, false);
    else if (marker >= 0xdc) this.#open(this.#uint(marker & 1 ? 4 : 2), marker >= 0xde);
    else if (isString(marker)) this.#string(marker);
    else if (marker >= 0xc4 && marker <= 0xc6) this.#skip(this.#uint(1 << (marker - 0xc4)));
    else throw faultAt(this.#at - 1, "a standard type", kindOf(marker));
  }

  #key(): void {
    const at = this.#at;
    const marker = this.#marker();
    if (!isString(marker)) throw faultAt(at, "a string as key", kindOf(marker));
    const from = this.#string(marker);
    if (isProto(this.#bytes, from, this.#at)) {
      throw faultAt(at, "a key that is a plain name", describe("__proto__"));
    }
    this.#keys.push(from, this.#at);
  }

  /** Checks the text behind the marker of a string; returns where it begins. */
  #string(marker: number): number {
    const size = marker < 0xc0 ? marker & 0x1f : this.#uint(1 << (marker - 0xd9));
    const from = this.#at;
    this.#skip(size);
    if (isMark(this.#bytes, from)) this.#hasMark = true;
    if (isUtf8Between(this.#bytes, from, this.#at)) return from;
    throw faultAt(from, "valid UTF-8", `${counted(size, "byte")} of another kind`);
  }

  #open(count: number, isMap: boolean): void {
    const owed = isMap ? count * 2 : count;
    const left = this.#bytes.length - this.#at;
    this.#owed += owed;
    if (this.#owed > left) {
      throw faultAt(
        this.#at,
        `${counted(this.#owed, "byte")} or more`,
        `${left} for ${counted(count, "item")}`,
      );
    }
    if (this.#depth === DEPTH_MAX) throw faultAt(this.#at, `at most ${DEPTH_MAX} levels`, "more");
    const depth = ++this.#depth;
    this.#rest[depth] = owed;
    this.#isMap[depth] = isMap ? 1 : 0;
    this.#keyBase[depth] = this.#keys.count;
  }

  #close(): void {
    const base = this.#keyBase[this.#depth--]!;
    const keys = this.#keys;
    if (keys.count - base > 1) this.#refuseDuplicate(keys.duplicateSince(base, this.#bytes));
    keys.count = base;
  }

  #refuseDuplicate(index: number): void {
    if (index < 0) return;
    const from = this.#keys.fromOf(index);
    const size = this.#keys.toOf(index) - from;
    const isShown = size <= SHOWN_KEY_SIZE_MAX;
    const text = isShown ? Buffer.from(this.#bytes.subarray(from, from + size)).toString() : "";
    throw faultAt(from, "each key once", isShown ? `${describe(text)} again` : "a long one again");
  }

  #marker(): number {
    if (this.#at >= this.#bytes.length) throw faultAt(this.#at, "a value", "the end");
    this.#owed--;
    return this.#bytes[this.#at++]!;
  }

  #skip(size: number): void {
    const left = this.#bytes.length - this.#at;
    if (size > left) throw faultAt(this.#at, counted(size, "more byte"), counted(left, "byte"));
    this.#at += size;
  }

  #uint(size: number): number {
    const at = this.#at;
    this.#skip(size);
    let value = 0;
    for (let index = 0; index < size; index++) value = value * 0x100 + this.#bytes[at + index]!;
    return value;
  }
}

/** One for all, since scans do not overlap: nothing in a scan calls out. */
const SCAN = new StructureScan();

function plainSizes(): Int8Array {
  const sizes = new Int8Array(256).fill(NOT_PLAIN);
  sizes.fill(0, 0x00, 0x80);
  sizes.fill(0, 0xe0);
  for (const marker of [0xc0, 0xc2, 0xc3]) sizes[marker] = 0;
  for (const marker of [0xcc, 0xd0]) sizes[marker] = 1;
  for (const marker of [0xcd, 0xd1]) sizes[marker] = 2;
  for (const marker of [0xca, 0xce, 0xd2]) sizes[marker] = 4;
  for (const marker of [0xcb, 0xcf, 0xd3]) sizes[marker] = 8;
  return sizes;
}

function isString(marker: number): boolean {
  return (marker >= 0xa0 && marker < 0xc0) || (marker >= 0xd9 && marker <= 0xdb);
}

/** What a marker announces, in words, for the cases that are refused. */
function kindOf(marker: number): string {
  const hex = `0x${marker.toString(16).padStart(2, "0")}`;
  if (marker === 0xc1) return `the unused marker ${hex}`;
  const isExtension = (marker >= 0xc7 && marker <= 0xc9) || (marker >= 0xd4 && marker <= 0xd8);
  return isExtension ? `an extension (${hex})` : `marker ${hex}`;
}

/** U+FEFF. Where it runs past the end of a text, that is no UTF-8 anyway. */
function isMark(bytes: Uint8Array, from: number): boolean {
  return bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf;
}

function isProto(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== PROTO_KEY.length) return false;
  for (let index = 0; index < PROTO_KEY.length; index++) {
    if (bytes[from + index] !== PROTO_KEY[index]) return false;
  }
  return true;
}

function faultAt(offset: number, expected: string, got: string): WireFault {
  const message = `payload at byte ${offset}: expected ${expected}, got ${got}`;
  return new WireFault("PROTOCOL_ERROR", message, { offset, expected, got });
}
