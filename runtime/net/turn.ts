/** Two reads of a socket, or two slices of a large message. */
const BULK_SIZE_MAX = 262_144;

/**
 * How much bulk data one turn of the event loop carries, over all connections of the process. A turn with so
 * much takes about a fifth of a millisecond, and that is how long a heartbeat or a ping may have to wait
 * behind it; without a bound it is whatever lies in the buffers of all sockets, which takes tens.
 */
export class Turn {
  /** There is one event loop. */
  static readonly current: Turn = new Turn();

  readonly #sizeMax: number;
  #size = 0;
  #isOver = false;
  #waiting: { readonly size: number; goOn(): void }[] = [];

  constructor(sizeMax: number = BULK_SIZE_MAX) {
    this.#sizeMax = sizeMax;
  }

  /** Counts bytes of bulk in. `false`: the turn has had its share, and more belongs into the next. */
  spend(bytes: number): boolean {
    this.#size += bytes;
    this.#watch();
    return this.#size < this.#sizeMax;
  }

  /** Whether this turn has had its share. */
  get isFull(): boolean {
    return this.#size >= this.#sizeMax;
  }

  /**
   * Goes on in a later turn that has room; those who wait longest first.
   *
   * @param size what is counted in for it then; 0 where it does so itself
   */
  later(size: number, goOn: () => void): void {
    this.#waiting.push({ size, goOn });
    this.#watch();
  }

  #watch(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#isOver = false;
    this.#size = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    let count = 0;
    for (const { size, goOn } of waiting) {
      if (this.isFull) break;
      this.#size += size;
      goOn();
      count += 1;
    }
    this.#waiting = [...waiting.slice(count), ...this.#waiting];
    if (this.#size > 0 || this.#waiting.length > 0) this.#watch();
  }
}
