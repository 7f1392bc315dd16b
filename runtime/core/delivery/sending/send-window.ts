import { NumberList } from "../number-list.js";
import { WINDOW_COUNT, WINDOW_SIZE } from "../window.js";
import type { OutgoingMessage } from "./outgoing.js";
import { SequenceRing } from "./sequence-ring.js";

/**
 * The numbers that a sending channel has given in its epoch, and the messages among them that are not settled.
 *
 * ```
 *   1 … settled │ floor … sent on this connection, or at their time │ cursor … to be sent on it │ next … not given
 * ```
 */
export class SendWindow {
  readonly #messages = new SequenceRing<OutgoingMessage>();
  #next = 1;
  #floor = 1;
  #cursor = 1;
  #count = 0;
  #size = 0;
  /** Numbers that were given up, from the floor on. */
  readonly #abandoned = new NumberList();
  /** Those that the peer of this connection has not seen. */
  #gaps = new NumberList();

  /** The number of the next message that is sent for the first time. */
  get next(): number {
    return this.#next;
  }

  /** The lowest number that is not settled. */
  get floor(): number {
    return this.#floor;
  }

  /** How many messages are in here. */
  get count(): number {
    return this.#count;
  }

  /** Whether another may be sent before one in here is settled. */
  get hasRoom(): boolean {
    return this.#next - this.#floor < WINDOW_COUNT && this.#size < WINDOW_SIZE;
  }

  /** Whether nothing in here is still to be sent on this connection, but for what waits for its time. */
  get isSent(): boolean {
    return this.#cursor === this.#next;
  }

  /** Whether the peer misses a message, and cannot know yet that it need not wait for it. */
  get hasGap(): boolean {
    return this.#gaps.first < this.#next;
  }

  /** Whether it misses one before `seq`. */
  isBehindGap(seq: number): boolean {
    return this.#gaps.first < seq;
  }

  get(seq: number): OutgoingMessage | undefined {
    return this.#messages.get(seq);
  }

  /** All in here, in order. */
  messages(): OutgoingMessage[] {
    const found: OutgoingMessage[] = [];
    for (let seq = this.#floor; seq < this.#next; seq++) {
      const message = this.#messages.get(seq);
      if (message !== undefined) found.push(message);
    }
    return found;
  }

  /** Gives up the numbers from `next` to before `seq`, which nothing was sent under. */
  skipTo(seq: number): void {
    if (seq === this.#next) return;
    // The floor passes all of them at once, so the last one stands for them.
    this.#abandoned.add(seq - 1);
    this.#gaps.add(seq - 1);
    this.#next = seq;
    this.#cursor = seq;
    this.raiseFloor();
  }

  /** Takes in a message that was sent just now as number `next`. */
  add(message: OutgoingMessage): void {
    this.#messages.set(message.seq, message, this.#floor);
    this.#next += 1;
    this.#cursor = this.#next;
    this.#count += 1;
    this.#size += message.size;
  }

  /** Its frame is larger than the one before it by so many bytes. */
  grew(size: number): void {
    this.#size += size;
  }

  /** Takes out a message that is settled. The floor stays until `raiseFloor`, which is for several at once. */
  takeOut(message: OutgoingMessage): void {
    this.#messages.delete(message.seq);
    this.#count -= 1;
    this.#size -= message.size;
  }

  raiseFloor(): void {
    while (this.#floor < this.#next && this.#messages.get(this.#floor) === undefined) {
      this.#floor += 1;
    }
    if (this.#cursor < this.#floor) this.#cursor = this.#floor;
    this.#abandoned.dropBelow(this.#floor);
    this.#gaps.dropBelow(this.#floor);
  }

  /** Takes out a message that is given up. Only a floor above its number tells the peer so. */
  abandon(message: OutgoingMessage): void {
    this.#abandoned.add(message.seq);
    if (!message.isSent) this.#gaps.add(message.seq);
    this.takeOut(message);
    this.raiseFloor();
  }

  /** The next message that is to be sent again on this connection; `undefined`: none, or none yet. */
  nextAgain(): OutgoingMessage | undefined {
    // What was kept over a crash may be more than a window.
    const end = Math.min(this.#next, this.#floor + WINDOW_COUNT);
    for (; this.#cursor < end; this.#cursor++) {
      const message = this.#messages.get(this.#cursor);
      if (message === undefined || message.isSent || message.retryAt > 0) continue;
      if (message.type.isOrdered && this.isBehindGap(this.#cursor)) return undefined;
      this.#cursor += 1;
      return message;
    }
    return undefined;
  }

  /** What is to be sent again begins with `seq` at the latest. */
  goBackTo(seq: number): void {
    this.#cursor = Math.max(this.#floor, Math.min(this.#cursor, seq));
  }

  /** A connection begins: nothing in here has been sent on it, and its peer has seen nothing of what was given up. */
  beginConnection(): void {
    this.#cursor = this.#floor;
    this.#gaps = this.#abandoned.copy();
  }

  /** An epoch begins: numbers are given from 1 on, and none has been. */
  beginEpoch(): void {
    this.#messages.clear();
    this.#count = 0;
    this.#size = 0;
    this.#next = 1;
    this.#floor = 1;
    this.#cursor = 1;
    this.#abandoned.clear();
    this.#gaps.clear();
  }

  /** The window as it was when it held these messages, which have their places. Any of them may have left. */
  restore(next: number, messages: readonly OutgoingMessage[]): void {
    this.#next = next;
    this.#floor = messages[0]?.seq ?? next;
    this.#cursor = this.#floor;
    let expected = this.#floor;
    for (const message of messages) {
      if (message.seq > expected) this.#abandoned.add(message.seq - 1);
      expected = message.seq + 1;
      message.fate = "out";
      message.hasStray = true;
      message.isSent = false;
      message.retryAt = 0;
      this.#messages.set(message.seq, message, this.#floor);
      this.#count += 1;
      this.#size += message.size;
    }
    if (next > expected) this.#abandoned.add(next - 1);
  }
}
