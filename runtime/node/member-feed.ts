import type { MemberChange } from "../core/membership.js";

/** Gives each listener every change from the moment it began to listen, as an async iterable. */
export class MemberFeed {
  readonly #listeners = new Set<(change: MemberChange | undefined) => void>();

  publish(change: MemberChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Ends every iteration. */
  close(): void {
    for (const listener of this.#listeners) listener(undefined);
  }

  /**
   * Listening begins here, not with the first `next()`. A listener that falls `QUEUE_COUNT_MAX` changes
   * behind loses the oldest: the table itself is always at hand.
   */
  listen(): AsyncIterableIterator<MemberChange> {
    const queue: (MemberChange | undefined)[] = [];
    let wake: (() => void) | undefined;
    const listener = (change: MemberChange | undefined) => {
      if (queue.push(change) > QUEUE_COUNT_MAX) queue.shift();
      wake?.();
    };
    this.#listeners.add(listener);
    const stop = () => this.#listeners.delete(listener);
    const more = () => new Promise<void>((resolve) => (wake = resolve));
    return iterate(queue, more, stop);
  }
}

async function* iterate(
  queue: (MemberChange | undefined)[],
  more: () => Promise<void>,
  stop: () => void,
): AsyncGenerator<MemberChange, void, undefined> {
  try {
    for (;;) {
      if (queue.length === 0) await more();
      const change = queue.shift();
      if (change === undefined) return;
      yield change;
    }
  } finally {
    stop();
  }
}

const QUEUE_COUNT_MAX = 10_000;
