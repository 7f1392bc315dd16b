/**
 * A distribution of times in constant memory: buckets that grow by an eighth of a power of two, so a
 * quantile is read with an error below 9 %, from one microsecond to over an hour.
 */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKET_COUNT);
  #total = 0;

  get count(): number {
    return this.#total;
  }

  record(ms: number): void {
    const microseconds = Math.max(1, ms * 1000);
    const index = Math.min(BUCKET_COUNT - 1, Math.round(Math.log2(microseconds) * PER_DOUBLING));
    this.#counts[index]! += 1;
    this.#total += 1;
  }

  /** The time in ms that a share of `quantile` (0 to 1) does not pass, or `undefined` while empty. */
  quantileMs(quantile: number): number | undefined {
    if (this.#total === 0) return undefined;
    const rank = Math.max(1, Math.ceil(quantile * this.#total));
    let seen = 0;
    let index = -1;
    while (seen < rank) seen += this.#counts[++index]!;
    return 2 ** (index / PER_DOUBLING) / 1000;
  }

  /** The filled buckets as `[index, count]`, for another process to `add`. */
  toJSON(): [index: number, count: number][] {
    return [...this.#counts.entries()].filter(([, count]) => count > 0);
  }

  /** Adds what another histogram's `toJSON` gave. */
  add(buckets: readonly (readonly [index: number, count: number])[]): void {
    for (const [index, count] of buckets) {
      this.#counts[index]! += count;
      this.#total += count;
    }
  }
}

const PER_DOUBLING = 8;
/** 2^32 microseconds are 71 minutes; longer times land in the last bucket. */
const BUCKET_COUNT = 32 * PER_DOUBLING + 1;
