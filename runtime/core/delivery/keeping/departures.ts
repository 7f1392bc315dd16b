/** A message that waits for its turn to leave. */
export interface Departing {
  /** Whether it may leave, or never will. */
  readonly isDecided: boolean;
  leave(): void;
}

/**
 * Lets the messages of one channel of an outbox leave in the order of their numbers. Their commits settle in that
 * order, but whoever waits for one may hear of it a little later than whoever waits for the next.
 */
export class Departures {
  readonly #waiting = new Set<Departing>();

  /** Takes one whose number is higher than those of all before it. */
  add(departing: Departing): void {
    this.#waiting.add(departing);
  }

  /** One of them has been decided. */
  advance(): void {
    for (const departing of this.#waiting) {
      if (!departing.isDecided) return;
      this.#waiting.delete(departing);
      departing.leave();
    }
  }
}
