import { monotonicMs } from "./clock.js";

/** Counts what arrives, and says when as much as expected has. */
export class Arrivals {
  #count = 0;
  #expected = Number.POSITIVE_INFINITY;
  #resolve: (atMs: number) => void = () => {};

  add(count: number): void {
    this.#count += count;
    if (this.#count >= this.#expected) this.#finish();
  }

  /** Settles when `count` have arrived since the last time: with when that was seen, see `monotonicMs`. */
  reached(count: number): Promise<number> {
    return new Promise((resolve) => {
      this.#expected = count;
      this.#resolve = resolve;
      if (this.#count >= count) this.#finish();
    });
  }

  #finish(): void {
    this.#count -= this.#expected;
    this.#expected = Number.POSITIVE_INFINITY;
    this.#resolve(monotonicMs());
  }
}
