const UNIX_EPOCH_MS = 1_705_075_200_000;

/** The clock on a node's wall: it shows another time than those of other nodes, drifts, and may jump. */
export class WallClock {
  readonly #now: () => number;
  readonly #rate: number;
  #offsetMs: number;

  /** `rate`: ms that it shows for each that passes. */
  constructor(now: () => number, offsetMs: number, rate: number) {
    this.#now = now;
    this.#offsetMs = offsetMs;
    this.#rate = rate;
  }

  unixTimeMs(): number {
    return Math.floor(UNIX_EPOCH_MS + this.#offsetMs + this.#now() * this.#rate);
  }

  jump(ms: number): void {
    this.#offsetMs += ms;
  }
}
