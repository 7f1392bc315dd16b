import type { SendCredit } from "./send-credit.js";

/**
 * The channels that wait for credit, and their part of what comes. While frames are held for credit as well, half of
 * it is theirs: now before the held frames, now behind them, so that both go on where each grant is for less than
 * one message.
 */
export class ChannelTurn {
  #waiting: (() => void)[] = [];
  #floor = NOT_NOW;
  #isFirst = false;

  /** Whether any wait. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** They may send while credit is above this, although frames are held; infinite when it is not their turn. */
  get floor(): number {
    return this.#floor;
  }

  /** Calls `wake`, once, when it is its channel's turn. */
  await(wake: () => void): void {
    this.#waiting.push(wake);
  }

  /** Whether they go before the held frames this time; the next time it is the other way round. */
  isFirst(): boolean {
    this.#isFirst = !this.#isFirst;
    return this.#isFirst;
  }

  /** Lets them send while `credit` is above `floor`. Those who find none left are the first the next time. */
  give(credit: SendCredit, floor: number): void {
    this.#floor = floor;
    for (let count = this.#waiting.length; count > 0 && credit.available > floor; count--) {
      this.#waiting.shift()!();
    }
    this.#floor = NOT_NOW;
  }
}

const NOT_NOW = Number.POSITIVE_INFINITY;
