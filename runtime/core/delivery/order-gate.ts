/** A message that has come before its turn. */
export interface Queued {
  readonly seq: number;
  /** The message does not count any more: its sender sends it again. */
  drop(): void;
}

/**
 * Lets the messages of one channel through one after the other: the next one when the one before is settled.
 * What has to wait is bounded by the sender's credit and by the window of the channel.
 */
export class OrderGate<Item extends Queued = Queued> {
  #isBusy = false;
  /** Made when something has to wait: most channels never need one. */
  #queue: Item[] | undefined;
  #head = 0;

  /** Whether a message may begin now. If so, `leave` is owed; if not, it has to `queue`. */
  enter(): boolean {
    if (this.#isBusy) return false;
    this.#isBusy = true;
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
      this.#isBusy = false;
      return undefined;
    }
    this.#head += 1;
    if (this.#head === this.#queue?.length) this.#clear();
    return next;
  }

  /** Turns away all that wait, and gives their numbers. */
  dropAll(): Set<number> {
    const dropped = this.#queue?.slice(this.#head) ?? [];
    this.#clear();
    for (const item of dropped) item.drop();
    return new Set(dropped.map(({ seq }) => seq));
  }

  #clear(): void {
    this.#queue = undefined;
    this.#head = 0;
  }
}
