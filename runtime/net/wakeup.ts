import { now } from "./clock.js";

/**
 * One timer for all that a connection waits for. It is set anew only when the next time is earlier than
 * the one it is set to: waking too early costs little, and most deadlines move further away.
 */
export class Wakeup {
  readonly #wake: () => void;
  #timer: NodeJS.Timeout | undefined;
  #setFor = Number.POSITIVE_INFINITY;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  at(time: number): void {
    if (time >= this.#setFor) return;
    this.cancel();
    if (time === Number.POSITIVE_INFINITY) return;
    this.#setFor = time;
    const delayMs = Math.min(Math.max(0, Math.ceil(time - now())), DELAY_MAX_MS);
    this.#timer = setTimeout(() => {
      this.#setFor = Number.POSITIVE_INFINITY;
      this.#wake();
    }, delayMs);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#setFor = Number.POSITIVE_INFINITY;
  }
}

/** A longer delay would overflow the timer and fire at once. */
const DELAY_MAX_MS = 2 ** 31 - 1;
