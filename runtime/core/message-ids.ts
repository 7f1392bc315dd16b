import { ConstantRun } from "../wire/constant-run.js";
import { putRun } from "../wire/put.js";

const COUNTER_LENGTH = 12;
const LOW_LENGTH = 4;
const LOW_MAX = 0xffff;
const HIGH_COUNT = 2 ** 32;

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

  /** A new id as a text. */
  next(): string {
    const high = this.#high.toString(16).padStart(COUNTER_LENGTH - LOW_LENGTH, "0");
    const low = this.#low.toString(16).padStart(LOW_LENGTH, "0");
    this.#advance();
    return this.#prefix + high + low;
  }

  /** Puts the characters of a new id at `at` and returns the offset behind them. */
  put(view: DataView, at: number): number {
    const from = putRun(view, at, this.#prefixRun);
    view.setInt32(from, this.#firstWord);
    view.setInt32(from + 4, this.#secondWord);
    view.setInt32(from + 8, spelled(this.#low));
    this.#advance();
    return from + COUNTER_LENGTH;
  }

  #advance(): void {
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
