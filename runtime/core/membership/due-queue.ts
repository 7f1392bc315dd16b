/** Something with a due time that waits in a `DueQueue`. The queue owns the two fields below `dueAt`. */
export interface Due {
  /** May be moved later at any time without telling the queue; moved earlier, `hurry` tells it. */
  dueAt: number;
  /** The due time under which it stands in the queue. Invariant: `queuedAt <= dueAt`. */
  queuedAt: number;
  /** Where it stands, or -1. */
  queueIndex: number;
}

/**
 * Things by due time, the earliest first. Postponing costs nothing, which is what happens to nearly all of
 * them: whoever was postponed sinks to its place only when it comes to the top. Removing takes a thing out
 * at once, so the queue holds exactly what waits, however much came and went.
 */
export class DueQueue<Item extends Due> {
  readonly #heap: Item[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(item: Item): void {
    item.queuedAt = item.dueAt;
    item.queueIndex = this.#heap.push(item) - 1;
    this.#rise(item);
  }

  remove(item: Item): void {
    const index = item.queueIndex;
    if (index < 0) return;
    item.queueIndex = -1;
    const last = this.#heap.pop()!;
    if (last === item) return;
    this.#put(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  /** The item has become due earlier. */
  hurry(item: Item): void {
    if (item.queueIndex < 0 || item.dueAt >= item.queuedAt) return;
    item.queuedAt = item.dueAt;
    this.#rise(item);
  }

  /** The item that is due first, left where it is. */
  get first(): Item | undefined {
    for (;;) {
      const item = this.#heap[0];
      if (item === undefined || item.queuedAt === item.dueAt) return item;
      item.queuedAt = item.dueAt;
      this.#sink(item);
    }
  }

  /** When the first is due; `Infinity` if nothing waits. */
  get nextAt(): number {
    return this.first?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  #rise(item: Item): void {
    let index = item.queueIndex;
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1]!;
      if (parent.queuedAt <= item.queuedAt) break;
      this.#put(parent, index);
      index = (index - 1) >> 1;
    }
    this.#put(item, index);
  }

  #sink(item: Item): void {
    const heap = this.#heap;
    let index = item.queueIndex;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.queuedAt < heap[child]!.queuedAt) child += 1;
      if (heap[child]!.queuedAt >= item.queuedAt) break;
      this.#put(heap[child]!, index);
      index = child;
    }
    this.#put(item, index);
  }

  #put(item: Item, index: number): void {
    this.#heap[index] = item;
    item.queueIndex = index;
  }
}
