import { hashBytes } from "./key-hash.js";

/** Up to this many keys are compared with one another; beyond, a hash table keeps it linear. */
const COMPARED_COUNT_MAX = 16;
/** Memory for this many keys is kept between payloads. */
const KEPT_COUNT_MAX = 4096;
/** From this size on the library's compare is faster than a loop. */
const LONG_KEY_SIZE_MIN = 24;

/**
 * The keys of the maps that are open while a payload is scanned, as places in that payload. Those
 * of an inner map lie above those of the map around it, and leave when it closes.
 */
export class KeyStack {
  /** Keys of all open maps. */
  count = 0;
  #from = new Uint32Array(64);
  #to = new Uint32Array(64);

  /** Forgets everything, before another payload. */
  reset(): void {
    this.count = 0;
    if (this.#from.length <= KEPT_COUNT_MAX) return;
    this.#from = new Uint32Array(64);
    this.#to = new Uint32Array(64);
  }

  push(from: number, to: number): void {
    if (this.count === this.#from.length) this.#grow();
    this.#from[this.count] = from;
    this.#to[this.count] = to;
    this.count++;
  }

  /** Index of a key that is equal to an earlier one of the same map, or -1. */
  duplicateSince(base: number, bytes: Uint8Array): number {
    return this.count - base <= COMPARED_COUNT_MAX
      ? this.#duplicateByPairs(base, bytes)
      : this.#duplicateByHash(base, bytes);
  }

  /** Where the text of a key begins. */
  fromOf(index: number): number {
    return this.#from[index]!;
  }

  /** Where the text of a key ends. */
  toOf(index: number): number {
    return this.#to[index]!;
  }

  #duplicateByPairs(base: number, bytes: Uint8Array): number {
    for (let later = base + 1; later < this.count; later++) {
      for (let earlier = base; earlier < later; earlier++) {
        if (this.#isEqual(earlier, later, bytes)) return later;
      }
    }
    return -1;
  }

  /** Open addressing at half load at most; a slot holds an index plus 1, so that 0 is free. */
  #duplicateByHash(base: number, bytes: Uint8Array): number {
    const slots = new Int32Array(2 ** Math.ceil(Math.log2((this.count - base) * 2)));
    const mask = slots.length - 1;
    for (let index = base; index < this.count; index++) {
      let slot = hashBytes(bytes, this.#from[index]!, this.#to[index]!) & mask;
      while (slots[slot] !== 0) {
        if (this.#isEqual(slots[slot]! - 1, index, bytes)) return index;
        slot = (slot + 1) & mask;
      }
      slots[slot] = index + 1;
    }
    return -1;
  }

  #isEqual(one: number, other: number, bytes: Uint8Array): boolean {
    const from = this.#from[one]!;
    const otherFrom = this.#from[other]!;
    const size = this.#to[one]! - from;
    if (size !== this.#to[other]! - otherFrom) return false;
    if (size >= LONG_KEY_SIZE_MIN) return isSame(bytes, from, otherFrom, size);
    for (let index = 0; index < size; index++) {
      if (bytes[from + index] !== bytes[otherFrom + index]) return false;
    }
    return true;
  }

  #grow(): void {
    this.#from = doubled(this.#from);
    this.#to = doubled(this.#to);
  }
}

function isSame(bytes: Uint8Array, from: number, otherFrom: number, size: number): boolean {
  const one = bytes.subarray(from, from + size);
  return Buffer.compare(one, bytes.subarray(otherFrom, otherFrom + size)) === 0;
}

function doubled(values: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(values.length * 2);
  larger.set(values);
  return larger;
}
