import type { RnpError } from "../error.js";
import type { KeptToken } from "./kept-token.js";
import type { OutgoingMessage } from "./outgoing.js";
import type { StoreBatch } from "./store.js";

/** What keeps a channel on a connection. */
export interface MessageLine {
  accept(message: OutgoingMessage): void;
  cancel(message: OutgoingMessage): boolean;
}

/** A message that has its number in the outbox: commit `batch`, then `dispatch` it. */
export class KeptSend {
  readonly batch: StoreBatch;
  readonly #message: OutgoingMessage;
  readonly #line: MessageLine;
  #isDispatched = false;

  constructor(message: OutgoingMessage, batch: StoreBatch, line: MessageLine) {
    this.#message = message;
    this.batch = batch;
    this.#line = line;
  }

  /** It is durable, and may leave. Messages of a channel are dispatched in the order of their numbers. */
  dispatch(): void {
    this.#isDispatched = true;
    if (!this.#message.isOver) this.#line.accept(this.#message);
  }

  /** It could not be made durable. */
  fail(error: RnpError): void {
    this.#message.isOver = true;
    this.#token.notTaken(error);
  }

  /** Nobody waits for it any more. It may have left, and may until it is out of the store. */
  cancel(): void {
    if (this.#isDispatched) this.#line.cancel(this.#message);
    this.#message.isOver = true;
    this.#token.withdrawn();
  }

  get #token(): KeptToken {
    return this.#message.token as KeptToken;
  }
}
