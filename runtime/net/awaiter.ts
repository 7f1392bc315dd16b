import { RnpError } from "../core/error.js";
import type { ItemSink } from "./item-stream.js";

/** Who waits for what comes back for a message of ours. It travels through the connection as a token. */
export interface Awaiter {
  settled(data: unknown): void;
  failed(error: RnpError): void;
  item(data: unknown): void;
}

/** Lets an `AbortSignal`, which is not aborted yet, end what is waited for, until that has ended by itself. */
class Abortable {
  readonly #signal: AbortSignal;
  readonly #onAbort: () => void;

  constructor(signal: AbortSignal, onAbort: () => void) {
    this.#signal = signal;
    this.#onAbort = onAbort;
    signal.addEventListener("abort", onAbort, { once: true });
  }

  over(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

/** Waits for the answer to a request, or for an acknowledgement. */
export class CallAwaiter implements Awaiter {
  readonly promise: Promise<unknown>;
  #resolve!: (data: unknown) => void;
  #reject!: (error: RnpError) => void;
  #abortable: Abortable | undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** `cancel` gives the message up and says whether it had left. */
  heed(signal: AbortSignal, cancel: () => boolean): void {
    this.#abortable = new Abortable(signal, () => {
      this.#reject(cancelled(signal.reason, cancel() ? "unknown" : "not-delivered"));
    });
  }

  settled(data: unknown): void {
    this.#abortable?.over();
    this.#resolve(data);
  }

  failed(error: RnpError): void {
    this.#abortable?.over();
    this.#reject(error);
  }

  item(): void {
    throw new Error("only streams have items");
  }
}

/** Waits for the items and the end of a stream. */
export class StreamAwaiter implements Awaiter {
  readonly #sink: ItemSink;
  #abortable: Abortable | undefined;

  constructor(sink: ItemSink) {
    this.#sink = sink;
  }

  /** `cancel` gives the stream up. */
  heed(signal: AbortSignal, cancel: () => void): void {
    this.#abortable = new Abortable(signal, () => {
      cancel();
      this.#sink.end(cancelled(signal.reason, "unknown"));
    });
  }

  /** Nobody reads the stream any more. */
  abandoned(): void {
    this.#abortable?.over();
  }

  settled(): void {
    this.#abortable?.over();
    this.#sink.end(undefined);
  }

  failed(error: RnpError): void {
    this.#abortable?.over();
    this.#sink.end(error);
  }

  item(data: unknown): void {
    this.#sink.item(data);
  }
}

/** The error of a call whose `signal` was aborted. */
export function cancelled(reason: unknown, outcome: "not-delivered" | "unknown"): RnpError {
  return new RnpError("CANCELLED", "the caller cancelled", { cause: reason, outcome });
}
