import { Deadlines } from "../../deadlines.js";
import type { KeptSend } from "./kept-send.js";

/**
 * Those who wait for a message of the outbox. That one was not delivered is told when it is out of the store, and a
 * store can be slow, or hang: when its time is over, whoever waits hears that nobody knows.
 */
export class AwaitedSends {
  readonly #deadlines = new Deadlines<KeptSend>(({ isAwaited }) => isAwaited);

  /** When to call `handleTimeout`. */
  get wakeAt(): number {
    return this.#deadlines.nextAt ?? Number.POSITIVE_INFINITY;
  }

  add(deadline: number, send: KeptSend): void {
    this.#deadlines.add(deadline, send);
  }

  handleTimeout(now: number): void {
    for (let due = this.#deadlines.takeDue(now); due; due = this.#deadlines.takeDue(now)) {
      due.expired();
    }
  }
}
