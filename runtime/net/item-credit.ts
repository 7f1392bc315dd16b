import type { InboundMessage } from "../core/inbound.js";

/** Those who wait until the asker of a stream has room for another item. */
export class ItemCredit {
  readonly #waiting = new Map<InboundMessage, () => void>();

  /** Settles when `wake` is called for the message. A stream has one writer, so one waits at a time. */
  awaited(message: InboundMessage): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(message, resolve));
  }

  /** Something about the message has changed: credit came, or nobody wants items any more. */
  wake(message: InboundMessage): void {
    const wake = this.#waiting.get(message);
    this.#waiting.delete(message);
    wake?.();
  }

  wakeAll(): void {
    for (const message of [...this.#waiting.keys()]) this.wake(message);
  }
}
