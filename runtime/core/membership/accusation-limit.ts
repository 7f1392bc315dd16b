/** Accusations that may come at once. Three machines of one rack may well die together. */
const COUNT_MAX = 3;

/** Silent members that are never too many: in a small cluster two of three may really have died. */
const SILENT_COUNT_MIN = 2;

/** Of the watched peers, how many may be silent at once before it is more likely this node that is deaf. */
const SILENT_SHARE_MAX = 0.25;

/** Whether so many of the watched peers are silent at once that this node rather doubts its own ears. */
export function isProbablyMe(silentCount: number, watchedCount: number): boolean {
  return silentCount > Math.max(SILENT_COUNT_MIN, SILENT_SHARE_MAX * watchedCount);
}

/**
 * A bucket of accusations: three at once, then one per refill time. A node that errs about everybody does no
 * more harm than this, and one that is right about many is joined by others that are right about them too.
 */
export class AccusationLimit {
  readonly #refillMs: number;
  #left = COUNT_MAX;
  #refilledAt = Number.NEGATIVE_INFINITY;

  /** @param refillMs until one more accusation is granted; the probe interval, but at least 1 s */
  constructor(refillMs: number) {
    this.#refillMs = refillMs;
  }

  /** Takes one accusation if one is left. */
  take(at: number): boolean {
    this.#refill(at);
    if (this.#left === 0) return false;
    if (this.#left === COUNT_MAX) this.#refilledAt = at;
    this.#left -= 1;
    return true;
  }

  /** When `take` grants the next one; not later than `at` if it does so already. */
  nextAt(at: number): number {
    this.#refill(at);
    return this.#left > 0 ? at : this.#refilledAt + this.#refillMs;
  }

  #refill(at: number): void {
    if (this.#left === COUNT_MAX) return;
    const count = Math.floor((at - this.#refilledAt) / this.#refillMs);
    if (count <= 0) return;
    this.#left = Math.min(COUNT_MAX, this.#left + count);
    this.#refilledAt += count * this.#refillMs;
  }
}
