import type { Timer } from "../world/event-queue.js";
import type { Life } from "./life.js";

/** One timer for all that something in a process waits for: what `Wakeup` of the runtime does. */
export class SimWakeup {
  readonly #life: Life;
  readonly #wake: () => void;
  #timer: Timer | undefined;

  constructor(life: Life, wake: () => void) {
    this.#life = life;
    this.#wake = wake;
  }

  /** Wakes at `time`, or earlier where it is set to; for ever is never. */
  at(time: number): void {
    if (this.#timer !== undefined && time >= this.#timer.at) return;
    this.cancel();
    if (time === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#life.after(Math.ceil(time - this.#life.now), () => {
      this.#timer = undefined;
      this.#wake();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
