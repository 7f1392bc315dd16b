import type { OutgoingMessage } from "./outgoing.js";
import type { SendWindow } from "./send-window.js";

/**
 * Gives the messages of a sending channel their places in its epoch. What is in an outbox has a number for life,
 * and its place is that number less the epoch's base; where numbers were given up before they were sent, places
 * are left out. All other messages get the next place.
 */
export class Numbering {
  readonly #window: SendWindow;
  readonly #baseMoved: () => void;
  #base: number;

  /** `baseMoved` is called when the base has to be written down before anything leaves. */
  constructor(window: SendWindow, base: number, baseMoved: () => void) {
    this.#window = window;
    this.#base = base;
    this.#baseMoved = baseMoved;
  }

  get base(): number {
    return this.#base;
  }

  /** Another epoch begins, in which this message is the next; `undefined`: none waits. */
  restart(first: OutgoingMessage | undefined): void {
    if (first?.isKept) this.#base = first.number - 1;
  }

  placeOf({ number }: OutgoingMessage): number {
    return number - this.#base;
  }

  /** Gives a message its place. `false`: it has to wait. */
  place(message: OutgoingMessage): boolean {
    const window = this.#window;
    if (message.isKept && !this.#reach(message)) return false;
    if (message.type.isOrdered && window.isBehindGap(window.next)) return false;
    message.seq = window.next;
    return true;
  }

  /** Moves the window to the place of a message that has a number. */
  #reach(message: OutgoingMessage): boolean {
    const window = this.#window;
    // An epoch begins with place 1: a receiver that knows nothing of it accepts no other.
    if (window.next === 1 && this.placeOf(message) !== 1) {
      this.#base = message.number - 1;
      this.#baseMoved();
      return false;
    }
    window.skipTo(this.placeOf(message));
    return window.hasRoom;
  }
}
