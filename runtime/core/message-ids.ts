import { ConstantRun } from "../wire/constant-run.js";

/**
 * How a message is found again when something comes back for it. Messages with an id of ours have a number,
 * which the engine keeps without a box; those whose id was given have the id.
 */
export type MessageKey = number | string;

const COUNTER_LENGTH = 12;
const LOW_LENGTH = 4;
const LOW_MAX = 0xffff;
const HIGH_COUNT = 2 ** 32;

/** A key is the last 30 bits of the number: so many messages can wait at once, and none is ever boxed. */
const KEY_HIGH_MASK = 0x3fff;
const KEY_HIGH_SHIFT = 16;
const KEY_MASK = 0x3fff_ffff;
const KEY_COUNT = 2 ** 30;
const LOW_COUNT = 2 ** 16;
const ID_COUNT = 2 ** 48;
/** The hex digits that hold a key. */
const KEY_DIGIT_COUNT = 8;

/** Each byte as its two hex digits in ASCII. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, "0");
  return (digits.charCodeAt(0) << 8) | digits.charCodeAt(1);
});

/**
 * The ids of the messages that one connection sends: UUIDs whose first 24 characters are drawn once and
 * whose last twelve count on from a random number. Most messages never need theirs as a text here, so it is
 * written straight into the frame: a few stores in place of a random number and 36 characters.
 *
 * An id is unique, not secret: nothing may rest on its being hard to guess.
 */
export class MessageIds {
  readonly #prefix: string;
  readonly #prefixRun: ConstantRun;
  /** The number in two parts: one of 48 bits is no small integer, and reckoning with it is slow. */
  #high: number;
  #low: number;
  #lastHigh = 0;
  #lastLow = 0;
  /** The eight digits of `high`, as two words; they change every 65,536 ids. */
  #firstWord = 0;
  #secondWord = 0;

  /** `seed` is a random UUID. */
  constructor(seed: string) {
    this.#prefix = seed.slice(0, -COUNTER_LENGTH);
    this.#prefixRun = new ConstantRun(
      Uint8Array.from(this.#prefix, (character) => character.charCodeAt(0)),
    );
    this.#high = Number.parseInt(seed.slice(-COUNTER_LENGTH, -LOW_LENGTH), 16);
    this.#low = Number.parseInt(seed.slice(-LOW_LENGTH), 16);
    this.#spellHigh();
  }

  /** The key of the newest id. */
  get lastKey(): number {
    return ((this.#lastHigh & KEY_HIGH_MASK) << KEY_HIGH_SHIFT) | this.#lastLow;
  }

  /** The key of the id that comes next. */
  get nextKey(): number {
    return ((this.#high & KEY_HIGH_MASK) << KEY_HIGH_SHIFT) | this.#low;
  }

  /** Leaves out the id that comes next. */
  skip(): void {
    this.#advance();
  }

  /** A new id as a text. */
  next(): string {
    const high = this.#high.toString(16).padStart(COUNTER_LENGTH - LOW_LENGTH, "0");
    const low = this.#low.toString(16).padStart(LOW_LENGTH, "0");
    this.#advance();
    return this.#prefix + high + low;
  }

  /** Puts the characters of a new id at `at` and returns the offset behind them. */
  put(view: DataView, at: number): number {
    const from = this.#prefixRun.put(view, at);
    view.setInt32(from, this.#firstWord);
    view.setInt32(from + 4, this.#secondWord);
    view.setInt32(from + 8, spelled(this.#low));
    this.#advance();
    return from + COUNTER_LENGTH;
  }

  /** The key that the id with this text has. */
  keyOf(id: string): MessageKey {
    if (!id.startsWith(this.#prefix)) return id;
    return Number.parseInt(id.slice(-KEY_DIGIT_COUNT), 16) & KEY_MASK;
  }

  /** The text of the id of ours that has this key. Among the last billion there is one. */
  textOf(key: MessageKey): string {
    if (typeof key === "string") return key;
    const last = this.#lastHigh * LOW_COUNT + this.#lastLow;
    const age = (((last - key) % KEY_COUNT) + KEY_COUNT) % KEY_COUNT;
    const number = (last - age + ID_COUNT) % ID_COUNT;
    return this.#prefix + number.toString(16).padStart(COUNTER_LENGTH, "0");
  }

  /** The key of the id whose characters begin at `at`; `undefined` where it is not one of ours. */
  keyAt(view: DataView, at: number): number | undefined {
    if (!this.#prefixRun.isAt(view, at)) return undefined;
    let key = 0;
    const end = at + this.#prefix.length + COUNTER_LENGTH;
    for (let index = end - KEY_DIGIT_COUNT; index < end; index++) {
      key = (key << 4) | nibble(view.getUint8(index));
    }
    return key & KEY_MASK;
  }

  #advance(): void {
    this.#lastHigh = this.#high;
    this.#lastLow = this.#low;
    this.#low = (this.#low + 1) & LOW_MAX;
    if (this.#low !== 0) return;
    this.#high = (this.#high + 1) % HIGH_COUNT;
    this.#spellHigh();
  }

  #spellHigh(): void {
    this.#firstWord = spelled(this.#high >>> 16);
    this.#secondWord = spelled(this.#high & 0xffff);
  }
}

/** Two bytes as four hex digits in ASCII. */
function spelled(value: number): number {
  return (HEX_PAIRS[value >> 8]! << 16) | HEX_PAIRS[value & 0xff]!;
}

/** The value of a hex digit in ASCII, of either case. */
function nibble(character: number): number {
  return (character & 0xf) + (character >> 6) * 9;
}
