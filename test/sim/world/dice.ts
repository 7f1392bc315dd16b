import { Random } from "../../support/codec/random.js";

const UUID_HEX_COUNT = 12;

/** The one source of chance of a world. */
export class Dice extends Random {
  /** From 0 up to, but not including, 1. */
  float(): number {
    return this.next() / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  between(low: number, high: number): number {
    return low + this.float() * (high - low);
  }

  /** An integer from `low` up to and including `high`, small ones as likely as large ones. */
  magnitude(low: number, high: number): number {
    return Math.round(low * (high / low) ** this.float());
  }

  /** A waiting time, in whole microseconds so that a trace can be read. */
  exponential(mean: number): number {
    return Math.round(-mean * 1000 * Math.log(1 - this.float())) / 1000;
  }

  hex(length: number): string {
    let text = "";
    while (text.length < length) text += this.next().toString(16).padStart(8, "0");
    return text.slice(0, length);
  }

  /** A UUID of version 4. One in eight is about to carry into its high digits. */
  uuid(): string {
    const tail = this.oneIn(8) ? "ffffffffff00" : this.hex(UUID_HEX_COUNT);
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-8${this.hex(3)}-${tail}`;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    // Half of all can be compressed.
    if (this.oneIn(2)) return bytes.fill(this.below(256));
    for (let at = 0; at < length; at++) bytes[at] = (at & 3) === 0 ? this.next() : at * 31;
    return bytes;
  }
}
