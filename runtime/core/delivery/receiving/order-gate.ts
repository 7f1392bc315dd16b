/** A message that has come before its turn. */
export interface Queued {
  readonly seq: number;
  /** The message does not count any more: its sender sends it again. */
  drop(): void;
}

/** It begins when all that waited were turned away, behind this number. */
export interface Turn {
  readonly seq: number;
}

/**
 * Lets the messages of one channel through one after the other: the next one when the one before is settled.
 * What has to wait is bounded by the sender's credit and by the window of the channel.
 */
export class OrderGate<Item extends Queued = Queued> {
  /** Made when something has to wait: most channels never need one. */
  #queue: Item[] | undefined;
  /** Where the first of the queue is; `IDLE`: none is let in. */
  #head = IDLE;
  #turn: Turn | undefined;

  /** Which turn it is, to be kept with a message when it comes. */
  get turn(): Turn | undefined {
    return this.#turn;
  }

  /** Whether a message that came in `turn`, and has neither entered nor queued since, was turned away meanwhile. */
  hasTurnedAway(turn: Turn | undefined, seq: number): boolean {
    return turn !== this.#turn && seq > this.#turn!.seq;
  }

  /** Whether a message may begin now. If so, `leave` is owed; if not, it has to `queue`. */
  enter(): boolean {
    if (this.#head !== IDLE) return false;
    this.#head = 0;
    return true;
  }

  queue(item: Item): void {
    this.#queue ??= [];
    this.#queue.push(item);
  }

  /** The one that was let in is settled. Gives the next, which is let in by that. */
  leave(): Item | undefined {
    const next = this.#queue?.[this.#head];
    if (next === undefined) {
      this.#head = IDLE;
      return undefined;
    }
    this.#head += 1;
    if (this.#head === this.#queue?.length) this.#clear();
    return next;
  }

  /**
   * Turns away all behind `seq`: what waits here, whose numbers it gives, and what has come and is still on its way
   * to here.
   */
  dropBehind(seq: number): Set<number> {
    this.#turn = { seq };
    const dropped = this.#queue?.slice(this.#head) ?? [];
    if (this.#head !== IDLE) this.#clear();
    for (const item of dropped) item.drop();
    return new Set(dropped.map(({ seq }) => seq));
  }

  #clear(): void {
    this.#queue = undefined;
    this.#head = 0;
  }
}

const IDLE = -1;
