/** Probes in one second. A whole mesh that inquires about one member asks each helper about three. */
const COUNT_MAX = { perAsker: 10, total: 50 };

const WINDOW_MS = 1000;

/** How many probes others may ask of this node in each second, one by one and all together. */
export class ProbeRate {
  readonly #counts = new Map<string, number>();
  #total = 0;
  #windowAt = Number.NEGATIVE_INFINITY;

  /** Whether one more is within the limits; it then counts. */
  take(now: number, asker: string): boolean {
    if (now >= this.#windowAt + WINDOW_MS) this.#begin(now);
    const count = this.#counts.get(asker) ?? 0;
    if (count >= COUNT_MAX.perAsker || this.#total >= COUNT_MAX.total) return false;
    this.#counts.set(asker, count + 1);
    this.#total += 1;
    return true;
  }

  /** Askers that are remembered: never more than probes were taken in one second. */
  get askerCount(): number {
    return this.#counts.size;
  }

  #begin(now: number): void {
    this.#windowAt = now;
    this.#counts.clear();
    this.#total = 0;
  }
}
