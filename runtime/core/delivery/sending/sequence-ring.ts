import { WINDOW_COUNT } from "../window.js";

/** What a channel keeps for each of a window of sequence numbers. It grows with what it holds. */
export class SequenceRing<Value> {
  #slots: (Value | undefined)[] = new Array(SIZE_MIN);
  #mask = SIZE_MIN - 1;

  get(seq: number): Value | undefined {
    return this.#slots[seq & this.#mask];
  }

  /** `floor` is the lowest number that may be in here; `seq` less than a window above it. */
  set(seq: number, value: Value, floor: number): void {
    while (seq - floor > this.#mask) this.#grow(floor);
    this.#slots[seq & this.#mask] = value;
  }

  delete(seq: number): void {
    this.#slots[seq & this.#mask] = undefined;
  }

  clear(): void {
    this.#slots = new Array(SIZE_MIN);
    this.#mask = SIZE_MIN - 1;
  }

  #grow(floor: number): void {
    const before = this.#slots;
    const { length } = before;
    this.#slots = new Array(length * 2);
    this.#mask = length * 2 - 1;
    for (let seq = floor; seq < floor + length; seq++) {
      this.#slots[seq & this.#mask] = before[seq & (length - 1)];
    }
  }
}

/** Powers of two, so that a place is found with a mask; `WINDOW_COUNT` is one as well. */
const SIZE_MIN = WINDOW_COUNT / 32;
