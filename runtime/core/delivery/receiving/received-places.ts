import type { ReceivedRecord } from "../records.js";
import { WINDOW_COUNT } from "../window.js";
import { MARKS_SIZE, type Mark, SequenceMarks } from "./sequence-marks.js";

/**
 * What a message of a channel is to its receiver.
 *
 * - `new`: handle it, then say what became of it;
 * - `in progress`: a copy of one that is being handled, and will be acknowledged;
 * - `duplicate`: a copy of one that was handled; it is acknowledged again;
 * - `refused`: a copy of one that was refused; its sender is told again;
 * - `early`: an ordered one before those that it has to wait for; it comes again;
 * - `abandoned`: its sender has given it up since, and does not wait.
 */
export type Verdict = "new" | "in progress" | "duplicate" | "refused" | "early" | "abandoned";

/** Below `front` nothing marked is with its handler; from there on it has not been seen. */
const PLAIN: Mark = 0;
const HANDLED: Mark = 1;
const REFUSED: Mark = 2;
/** The opposite of what no mark means: below `front` not seen, from there on with its handler. */
const EXCEPTION: Mark = 3;

/**
 * What the receiver of a channel knows of each place in one epoch.
 *
 * ```
 *   1 … settled │ cum+1 … with handlers, but for marked ones │ front … not seen, but for marked ones
 * ```
 *
 * Settled: handled, refused, or given up by the sender. Marks are kept for the window that begins at the
 * sender's floor: what is below that, the sender does not send again. They are not an object of their own, since a
 * node may keep many thousands of channels.
 */
export class ReceivedPlaces extends SequenceMarks {
  #floor = 1;
  #cum = 0;
  #front = 1;

  /** Lower than this the sender does not go any more. */
  get floor(): number {
    return this.#floor;
  }

  /** All up to here are settled. */
  get cum(): number {
    return this.#cum;
  }

  /** The highest that has come, and was not given back: it is settled, or with its handler. */
  get highest(): number {
    if (this.count === 0) return Math.max(this.#cum, this.#front - 1);
    let seq = this.#floor + WINDOW_COUNT - 1;
    while (seq > this.#cum && !this.#hasCome(seq)) seq -= 1;
    return seq;
  }

  /** Whether `end` was called. */
  get isOver(): boolean {
    return this.#floor === Number.POSITIVE_INFINITY;
  }

  /** The places as they were when `record` was made; what was with handlers then has not been seen. */
  static restored({
    floor,
    cum,
    marks,
  }: Omit<ReceivedRecord, "channel" | "epoch">): ReceivedPlaces {
    const places = new ReceivedPlaces();
    places.#floor = floor;
    places.#cum = cum;
    places.#front = cum + 1;
    for (let index = 0; index < marks.length * MARKS_PER_BYTE; index++) {
      places.set(floor + index, markAt(marks, index));
    }
    return places;
  }

  /** What has to be kept for the places to be `restored`. */
  record(): Omit<ReceivedRecord, "channel" | "epoch"> {
    const marks = new Uint8Array(this.count === 0 ? 0 : MARKS_SIZE);
    for (let index = 0; index < marks.length * MARKS_PER_BYTE; index++) {
      const mark = this.get(this.#floor + index);
      const isSettled = mark === HANDLED || mark === REFUSED;
      if (isSettled) marks[index >> 2]! |= mark << ((index & 3) * 2);
    }
    return { floor: this.#floor, cum: this.#cum, marks };
  }

  /** What a message less than a window above the floor is; a new one has been taken by that. */
  judge(seq: number, isOrdered: boolean): Verdict {
    if (seq < this.#floor) return "abandoned";
    if (seq !== this.#front) return this.#judgeOther(seq, isOrdered);
    this.#front += 1;
    if (this.count > 0) this.#passMarked();
    return "new";
  }

  handled(seq: number): void {
    if (seq === this.#cum + 1 && this.count === 0) this.#cum = seq;
    else this.#settle(seq, HANDLED);
  }

  refused(seq: number): void {
    this.#settle(seq, REFUSED);
  }

  /** It is as if the message had not been seen. */
  giveBack(seq: number): void {
    if (seq >= this.#floor) this.set(seq, seq < this.#front ? EXCEPTION : PLAIN);
  }

  /** Nor those `dropped` behind it; it is the next that is awaited. */
  goBackTo(seq: number, dropped: ReadonlySet<number>): void {
    for (let each = seq + 1; each < this.#front; each++) {
      const mark = this.get(each);
      if (mark === EXCEPTION) this.set(each, PLAIN);
      else if (mark === PLAIN && !dropped.has(each)) this.set(each, EXCEPTION);
    }
    this.set(seq, PLAIN);
    this.#front = seq;
  }

  /** What becomes of the messages changes nothing any more. No mark is left: nothing ends a walk from that floor. */
  end(): void {
    this.#unmarkTo(this.#floor + WINDOW_COUNT);
    this.#floor = Number.POSITIVE_INFINITY;
    this.#front = this.#cum + 1;
  }

  /** The sender has a higher floor. */
  raiseFloor(floor: number): void {
    this.#unmarkTo(Math.min(floor, this.#floor + WINDOW_COUNT));
    this.#floor = floor;
    if (this.#cum < floor - 1) this.#cum = floor - 1;
    if (this.#front < floor) this.#front = floor;
    if (this.count === 0) return;
    this.#passMarked();
    this.#advance();
  }

  /** Which were refused, from the floor up to `last`; without it, all of them. */
  refusedUpTo(last = this.#floor + WINDOW_COUNT - 1): number[] {
    const refused: number[] = [];
    if (this.count === 0) return refused;
    for (let seq = this.#floor; seq <= last; seq++) {
      if (this.get(seq) === REFUSED) refused.push(seq);
    }
    return refused;
  }

  /** Whether one above `cum` is settled, or with its handler. */
  #hasCome(seq: number): boolean {
    const mark = this.get(seq);
    return seq < this.#front ? mark !== EXCEPTION : mark !== PLAIN;
  }

  #judgeOther(seq: number, isOrdered: boolean): Verdict {
    const mark = this.get(seq);
    if (mark === REFUSED) return "refused";
    if (mark === HANDLED || seq <= this.#cum) return "duplicate";
    if (seq < this.#front) {
      if (mark === PLAIN) return "in progress";
      this.set(seq, PLAIN);
      return "new";
    }
    if (mark === EXCEPTION) return "in progress";
    if (isOrdered) return "early";
    this.set(seq, EXCEPTION);
    return "new";
  }

  #settle(seq: number, mark: Mark): void {
    if (seq < this.#floor) return; // Its sender has given it up meanwhile.
    this.set(seq, mark);
    this.#advance();
  }

  #unmarkTo(end: number): void {
    for (let seq = this.#floor; seq < end && this.count > 0; seq++) this.set(seq, PLAIN);
  }

  /** Moves `cum` over what is settled. */
  #advance(): void {
    for (let seq = this.#cum + 1; seq < this.#front; seq++) {
      const mark = this.get(seq);
      if (mark !== HANDLED && mark !== REFUSED) return;
      if (mark === HANDLED) this.set(seq, PLAIN);
      this.#cum = seq;
    }
  }

  /** Moves `front` over what has been seen out of order; behind the window is the mark of the floor again. */
  #passMarked(): void {
    const end = this.#floor + WINDOW_COUNT;
    for (; this.#front < end; this.#front++) {
      const mark = this.get(this.#front);
      if (mark === PLAIN) return;
      if (mark === EXCEPTION) this.set(this.#front, PLAIN);
    }
  }
}

const MARKS_PER_BYTE = 4;

function markAt(marks: Uint8Array, index: number): Mark {
  return ((marks[index >> 2]! >> ((index & 3) * 2)) & 3) as Mark;
}
