/** Parts of the heartbeat interval: with four, no more than a quarter of all heartbeats leave at once. */
export const SLOT_COUNT = 4;

/**
 * Says when each slot begins. Nodes start at random parts of a slot, so a cluster that is started at one
 * moment does not send in step.
 */
export class SlotClock {
  readonly #slotMs: number;
  #slot = 0;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(intervalMs: number) {
    this.#slotMs = intervalMs / SLOT_COUNT;
  }

  /** @param phase in [0, 1): how much of a slot passes before the first */
  start(now: number, phase: number): void {
    this.#dueAt = now + phase * this.#slotMs;
  }

  stop(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  /** When `takeDue` has something; `Infinity`: it is stopped. */
  get dueAt(): number {
    return this.#dueAt;
  }

  /** The slot that comes next. */
  get next(): number {
    return this.#slot;
  }

  /**
   * A slot that has begun, each in its turn. Who comes late gets those that were missed too, since peers wait
   * for those heartbeats, but none of them twice.
   */
  takeDue(now: number): number | undefined {
    if (now < this.#dueAt) return undefined;
    const slot = this.#slot;
    this.#slot = (slot + 1) % SLOT_COUNT;
    const missedSinceAt = now - (SLOT_COUNT - 1) * this.#slotMs;
    this.#dueAt = Math.max(this.#dueAt, missedSinceAt) + this.#slotMs;
    return slot;
  }
}

/** Peers by the slot in which they get their heartbeats. A peer stays in its slot, so it gets one each interval. */
export class Slots {
  readonly #parts: string[][] = Array.from({ length: SLOT_COUNT }, () => []);
  readonly #slotOf = new Map<string, number>();

  get size(): number {
    return this.#slotOf.size;
  }

  has(node: string): boolean {
    return this.#slotOf.has(node);
  }

  /** Into the emptiest slot, of equals into the one that comes first, counted from `next`. */
  add(node: string, next: number): void {
    if (this.#slotOf.has(node)) return;
    let slot = next;
    for (let step = 1; step < SLOT_COUNT; step++) {
      const other = (next + step) % SLOT_COUNT;
      if (this.in(other).length < this.in(slot).length) slot = other;
    }
    this.#slotOf.set(node, slot);
    this.#parts[slot]!.push(node);
  }

  delete(node: string): void {
    const slot = this.#slotOf.get(node);
    if (slot === undefined) return;
    this.#slotOf.delete(node);
    const part = this.#parts[slot]!;
    const last = part.pop()!;
    if (last !== node) part[part.indexOf(node)] = last;
  }

  in(slot: number): readonly string[] {
    return this.#parts[slot]!;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#slotOf.keys();
  }
}
