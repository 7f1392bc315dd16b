import type { Target } from "./calendar-queue.js";
import type { Engine } from "./engine.js";
import { KIND } from "./kinds.js";

/** What a scenario has in mind: anything, at some time. */
export class Plan implements Target {
  readonly node = -1;
  readonly #engine: Engine;
  #count = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  after(ms: number, act: () => void): void {
    this.#count += 1;
    this.#engine.after(ms, this, KIND.plan, this.#count, act);
  }

  /** Again and again, for the first time after one interval; ends with the world. */
  every(ms: number, act: () => void): void {
    this.after(ms, () => {
      act();
      this.every(ms, act);
    });
  }

  happen(_kind: number, _subject: number, act: unknown): void {
    (act as () => void)();
  }
}
