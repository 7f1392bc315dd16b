/** How it really is with a node, whatever the others believe. */
interface Lot {
  /** The epoch of the process that runs; `undefined`: none does. */
  epoch: number | undefined;
  /** When the last process began, or ended. */
  since: number;
  /** It ended by itself and said so. */
  hasLeft: boolean;
  /** When it last stood still, or will have. */
  pausedUntil: number;
  /** Nothing is to be held against anybody who takes it for dead until then. */
  excusedUntil: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** What has really happened to the nodes of a world. Those who change the world write it down here. */
export class Truth {
  readonly #clock: { readonly now: number };
  readonly #lots = new Map<string, Lot>();

  constructor(clock: { readonly now: number }) {
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.now;
  }

  *nodes(): Generator<string> {
    yield* this.#lots.keys();
  }

  /** Of all that have ever been there. */
  get nodeCount(): number {
    return this.#lots.size;
  }

  began(node: string, epoch: number): void {
    this.#lots.set(node, {
      epoch,
      since: this.now,
      hasLeft: false,
      pausedUntil: NEVER,
      excusedUntil: this.#lots.get(node)?.excusedUntil ?? NEVER,
    });
  }

  ended(node: string, how: { hasLeft: boolean }): void {
    Object.assign(this.#lot(node), { epoch: undefined, since: this.now, hasLeft: how.hasLeft });
  }

  paused(node: string, ms: number): void {
    this.#lot(node).pausedUntil = this.now + ms;
  }

  /** It is cut off from most of the others, for as long; a time that is past ends that. */
  excuse(node: string, untilMs: number): void {
    this.#lot(node).excusedUntil = untilMs;
  }

  epochOf(node: string): number | undefined {
    return this.#lots.get(node)?.epoch;
  }

  hasLeft(node: string): boolean {
    return this.#lots.get(node)?.hasLeft ?? false;
  }

  /** When its process began or ended. */
  since(node: string): number {
    return this.#lots.get(node)?.since ?? NEVER;
  }

  /** When it last went on after it stood still; in the future while it does. */
  wokeAt(node: string): number {
    return this.#lots.get(node)?.pausedUntil ?? NEVER;
  }

  /** It is cut off from most of the others, or was until so long ago. */
  isExcused(node: string, forMs: number): boolean {
    return (this.#lots.get(node)?.excusedUntil ?? NEVER) + forMs > this.now;
  }

  /** Its process has run in this epoch for so long, without standing still or being cut off. */
  isHealthy(node: string, epoch: number, forMs: number): boolean {
    const lot = this.#lots.get(node);
    if (lot?.epoch !== epoch) return false;
    return Math.max(lot.since, lot.pausedUntil, lot.excusedUntil) + forMs <= this.now;
  }

  #lot(node: string): Lot {
    const lot = this.#lots.get(node);
    if (lot === undefined) throw new RangeError(`${node} has never begun`);
    return lot;
  }
}
