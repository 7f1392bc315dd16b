import { now } from "./clock.js";

/** Two reads of a socket, or two slices of a large message: about a fifth of a millisecond. */
const SHARED_SIZE = 262_144;
/** Where nobody else is there to wait, fewer and longer turns carry more. */
const ALONE_SIZE = 4_194_304;
/** For so long after a small message others are taken to be on their way. */
const COMPANY_MS = 1000;

/**
 * How much bulk one turn of the event loop carries, over all connections of the process. That is how long a
 * heartbeat or a ping on another connection may have to wait behind it; without a bound it is whatever lies in
 * the buffers of all sockets, which takes tens of milliseconds. While no such message is about, bulk has more.
 */
export class Turn {
  /** There is one event loop. */
  static readonly current: Turn = new Turn();

  readonly #sharedSize: number;
  readonly #aloneSize: number;
  #sizeMax: number;
  #size = 0;
  #isWatched = false;
  #companyUntil = 0;
  #waiting: { readonly size: number; goOn(): void }[] = [];

  constructor(sharedSize: number = SHARED_SIZE, aloneSize: number = ALONE_SIZE) {
    this.#sharedSize = sharedSize;
    this.#aloneSize = aloneSize;
    this.#sizeMax = aloneSize;
  }

  /** A small message came on a connection that carries no bulk. */
  share(time: number): void {
    this.#companyUntil = time + COMPANY_MS;
    this.#sizeMax = this.#sharedSize;
  }

  /** Counts bytes of bulk in. `false`: the turn has had its share, and more belongs into the next. */
  spend(bytes: number): boolean {
    this.#size += bytes;
    this.#watch();
    return !this.isFull;
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
    if (this.#isWatched) return;
    this.#isWatched = true;
    setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#isWatched = false;
    this.#size = 0;
    this.#sizeMax = now() < this.#companyUntil ? this.#sharedSize : this.#aloneSize;
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
