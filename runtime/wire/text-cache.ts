import { latin1Between } from "./latin1.js";
import type { TextPattern } from "./text-pattern.js";

/** Texts of 32 bytes or more are built anew: they are seldom names. */
export const CACHED_SIZE_MAX = 31;
const WORDS_PER_SLOT = 8;
/** A power of two; with its words a slot is about 60 bytes, so this is some 60 KiB. */
const SLOT_COUNT = 1024;
const SLOT_SHIFT = 32 - Math.log2(SLOT_COUNT);
/** Spreads words over slots: the golden ratio of 2^32, as Knuth has it. */
const MULTIPLIER = 0x9e37_79b1;
const NOT_ASCII = 0x8080_8080;

/**
 * Short ASCII texts that were read before: names of nodes, services and protocols come again and again,
 * and comparing a few words is faster than building the same text once more. Each slot holds the last
 * text that fell into it, so the memory is fixed whatever a peer sends.
 */
export class TextCache {
  readonly #texts: string[] = new Array(SLOT_COUNT).fill("");
  /** The pattern that each text was last found to match. */
  readonly #proofs: (TextPattern | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  /** The bytes of each text as words; the last word overlaps the one before. */
  readonly #words = new Uint32Array(SLOT_COUNT * WORDS_PER_SLOT);

  /** The text of 1 to 31 bytes between two offsets, or `undefined` where it is not ASCII. */
  get(buffer: Buffer, view: DataView, from: number, to: number): string | undefined {
    const slot = this.#find(buffer, view, from, to);
    return slot < 0 ? undefined : this.#texts[slot];
  }

  /** The same, but also `undefined` where the text does not match `pattern`. */
  getMatching(
    pattern: TextPattern,
    buffer: Buffer,
    view: DataView,
    from: number,
    to: number,
  ): string | undefined {
    const slot = this.#find(buffer, view, from, to);
    if (slot < 0) return undefined;
    const text = this.#texts[slot]!;
    if (this.#proofs[slot] === pattern) return text;
    if (!pattern.test(text)) return undefined;
    this.#proofs[slot] = pattern;
    return text;
  }

  /** The slot that holds the text, or -1 where it is not ASCII. */
  #find(buffer: Buffer, view: DataView, from: number, to: number): number {
    const size = to - from;
    const first = size < 4 ? tinyWord(buffer, from, to) : view.getUint32(from);
    let mixed = Math.imul(first ^ size, MULTIPLIER);
    for (let at = from + 4; at < to; at += 4) {
      const word = view.getUint32(at + 4 <= to ? at : to - 4);
      mixed = Math.imul(mixed ^ word ^ (mixed >>> 15), MULTIPLIER);
    }
    const slot = mixed >>> SLOT_SHIFT;
    if (this.#texts[slot]!.length === size && this.#isSame(slot, view, from, to, first))
      return slot;
    return this.#learn(slot, buffer, view, from, to) ? slot : -1;
  }

  #isSame(slot: number, view: DataView, from: number, to: number, first: number): boolean {
    const words = this.#words;
    let index = slot * WORDS_PER_SLOT;
    if (words[index] !== first) return false;
    for (let at = from + 4; at < to; at += 4) {
      index += 1;
      if (words[index] !== view.getUint32(at + 4 <= to ? at : to - 4)) return false;
    }
    return true;
  }

  #learn(slot: number, buffer: Buffer, view: DataView, from: number, to: number): boolean {
    const words = this.#words;
    let index = slot * WORDS_PER_SLOT;
    const first = to - from < 4 ? tinyWord(buffer, from, to) : view.getUint32(from);
    let all = first;
    this.#texts[slot] = "";
    this.#proofs[slot] = undefined;
    words[index] = first;
    for (let at = from + 4; at < to; at += 4) {
      index += 1;
      const word = view.getUint32(at + 4 <= to ? at : to - 4);
      words[index] = word;
      all |= word;
    }
    if ((all & NOT_ASCII) !== 0) return false;
    this.#texts[slot] = latin1Between(buffer, from, to);
    return true;
  }
}

/** One to three bytes as a word. */
function tinyWord(buffer: Buffer, from: number, to: number): number {
  let word = 0;
  for (let at = from; at < to; at++) word = (word << 8) | buffer[at]!;
  return word;
}
