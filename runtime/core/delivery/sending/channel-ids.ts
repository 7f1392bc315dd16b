import { ConstantRun } from "../../../wire/constant-run.js";

/**
 * The ids of the messages of one channel: UUIDs whose first 24 characters are drawn once and whose last
 * twelve are a count. A message keeps its count for life, so that each attempt carries the same id, on
 * whatever connection and under whatever sequence number.
 */
export class ChannelIds {
  readonly #prefix: string;
  readonly #run: ConstantRun;

  /** `seed` is a random UUID. */
  constructor(seed: string) {
    this.#prefix = seed.slice(0, -COUNT_LENGTH);
    this.#run = new ConstantRun(
      Uint8Array.from(this.#prefix, (character) => character.charCodeAt(0)),
    );
  }

  /** Puts the 36 characters of the id with this count at `at` and returns the offset behind them. */
  put(view: DataView, at: number, count: number): number {
    const from = this.#run.put(view, at);
    const high = Math.floor(count / TWO_TO_32) & 0xffff;
    const low = count >>> 0;
    view.setInt32(from, digits(high));
    view.setInt32(from + 4, digits(low >>> 16));
    view.setInt32(from + 8, digits(low & 0xffff));
    return from + COUNT_LENGTH;
  }

  textOf(count: number): string {
    return this.#prefix + count.toString(16).padStart(COUNT_LENGTH, "0");
  }

  /** The count in an id; `undefined` where it is not one of this channel. */
  countOf(id: string): number | undefined {
    if (!id.startsWith(this.#prefix)) return undefined;
    return Number.parseInt(id.slice(-COUNT_LENGTH), 16);
  }
}

/** Two bytes as four hex digits in ASCII. */
function digits(value: number): number {
  return (HEX_PAIRS[value >> 8]! << 16) | HEX_PAIRS[value & 0xff]!;
}

/** Each byte as its two hex digits in ASCII. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const text = byte.toString(16).padStart(2, "0");
  return (text.charCodeAt(0) << 8) | text.charCodeAt(1);
});
const COUNT_LENGTH = 12;
const TWO_TO_32 = 2 ** 32;
