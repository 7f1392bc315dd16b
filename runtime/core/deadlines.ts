/**
 * Points in time, each with a key, of which the earliest is found at once. A binary heap; a key that is
 * removed stays in it until it surfaces, so removing costs nothing on the hot path where nearly every
 * deadline is removed long before it is due.
 */
export class Deadlines<Key> {
  readonly #heap: { at: number; key: Key }[] = [];
  readonly #isLive: (key: Key) => boolean;

  /** `isLive` says whether a key still waits; those that do not are dropped when they surface. */
  constructor(isLive: (key: Key) => boolean) {
    this.#isLive = isLive;
  }

  add(at: number, key: Key): void {
    const heap = this.#heap;
    let index = heap.length;
    const entry = { at, key };
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent]!;
      if (above.at <= at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  /** When the earliest live deadline is due. */
  get nextAt(): number | undefined {
    while (this.#heap.length > 0 && !this.#isLive(this.#heap[0]!.key)) this.#removeFirst();
    return this.#heap[0]?.at;
  }

  /** Takes out one live key that is due at `now`, the earliest first. */
  takeDue(now: number): Key | undefined {
    const at = this.nextAt;
    if (at === undefined || at > now) return undefined;
    return this.#removeFirst();
  }

  #removeFirst(): Key {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first.key;
  }

  #sink(entry: { at: number; key: Key }): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child += 1;
      if (heap[child]!.at >= entry.at) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = entry;
  }
}
