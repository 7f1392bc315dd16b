/** Something that will happen, unless it is cancelled. */
export interface Timer {
  readonly at: number;
  cancel(): void;
}

class Event implements Timer {
  readonly at: number;
  readonly sequence: number;
  readonly #queue: EventQueue;
  act: (() => void) | undefined;

  constructor(at: number, sequence: number, act: () => void, queue: EventQueue) {
    this.at = at;
    this.sequence = sequence;
    this.act = act;
    this.#queue = queue;
  }

  cancel(): void {
    if (this.act === undefined) return;
    this.act = undefined;
    this.#queue.forget();
  }
}

/** What is going to happen, in the order of time; what is due at the same time, in the order it was added. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #sequence = 0;
  #size = 0;

  /** Events that are still to happen. */
  get size(): number {
    return this.#size;
  }

  add(at: number, act: () => void): Timer {
    const event = new Event(at, ++this.#sequence, act, this);
    this.#heap.push(event);
    this.#size += 1;
    this.#rise(event);
    return event;
  }

  /** One event has been cancelled; it stays where it is until it surfaces. */
  forget(): void {
    this.#size -= 1;
  }

  /** Takes out the next event that is due at `until` or before. */
  take(until: number): { readonly at: number; act(): void } | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.act !== undefined && first.at > until) return undefined;
      this.#removeFirst();
      const { at, act } = first;
      if (act === undefined) continue;
      first.act = undefined;
      this.#size -= 1;
      return { at, act };
    }
    return undefined;
  }

  #rise(event: Event): void {
    const heap = this.#heap;
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (child >= heap.length || !isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
}
