import { WINDOW_COUNT } from "../window.js";

/** What is marked of a sequence number: nothing, or one of three things that its owner gives a meaning. */
export type Mark = 0 | 1 | 2 | 3;

const PER_BYTE = 4;
/** Bytes for a window of numbers. */
export const MARKS_SIZE: number = WINDOW_COUNT / PER_BYTE;
const SLICES_PER_SLAB = 64;

/** Memory for the marks of many channels: a buffer of its own for each would cost more than what is in it. */
interface Slice {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

let slab = new Uint8Array(0);
let slabOffset = 0;
const free: Slice[] = [];

function takeSlice(): Slice {
  const reused = free.pop();
  if (reused !== undefined) return reused;
  if (slabOffset === slab.length) {
    slab = new Uint8Array(MARKS_SIZE * SLICES_PER_SLAB);
    slabOffset = 0;
  }
  const slice = { bytes: slab, offset: slabOffset };
  slabOffset += MARKS_SIZE;
  return slice;
}

/**
 * Two bits for each of a window of sequence numbers. It takes memory only while something is marked: what comes
 * and is handled in order needs no marks.
 */
export class SequenceMarks {
  /** The slab that its slice is in, while it has one. */
  #bytes: Uint8Array | undefined;
  #offset = 0;
  #count = 0;

  /** How many are marked. */
  get count(): number {
    return this.#count;
  }

  get(seq: number): Mark {
    if (this.#bytes === undefined) return 0;
    return ((this.#bytes[this.#offset + byteOf(seq)]! >> shiftOf(seq)) & 3) as Mark;
  }

  set(seq: number, mark: Mark): void {
    const before = this.get(seq);
    if (before === mark) return;
    if (this.#bytes === undefined) ({ bytes: this.#bytes, offset: this.#offset } = takeSlice());
    this.#bytes[this.#offset + byteOf(seq)]! ^= (before ^ mark) << shiftOf(seq);
    if (before === 0) this.#count += 1;
    else if (mark === 0) this.#count -= 1;
    if (this.#count > 0) return;
    free.push({ bytes: this.#bytes, offset: this.#offset });
    this.#bytes = undefined;
  }
}

function byteOf(seq: number): number {
  return (seq & (WINDOW_COUNT - 1)) >> 2;
}

function shiftOf(seq: number): number {
  return (seq & 3) * 2;
}
