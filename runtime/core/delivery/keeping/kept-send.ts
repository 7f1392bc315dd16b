import type { RnpError } from "../../error.js";
import type { OutgoingMessage } from "../sending/outgoing.js";
import type { Departing, Departures } from "./departures.js";
import type { KeptToken } from "./kept-token.js";
import type { StoreBatch } from "./store.js";

/** What keeps a channel on a connection. */
export interface MessageLine {
  accept(message: OutgoingMessage): void;
  cancel(message: OutgoingMessage): boolean;
}

/** A message that has its number in the outbox: commit `batch`, then `dispatch` it. */
export class KeptSend implements Departing {
  readonly batch: StoreBatch;
  readonly #message: OutgoingMessage;
  readonly #departures: Departures;
  readonly #line: MessageLine;
  #isDurable = false;
  #hasLeft = false;

  /** `departures`: those of its channel, where it is now the last. */
  constructor(
    message: OutgoingMessage,
    batch: StoreBatch,
    departures: Departures,
    line: MessageLine,
  ) {
    this.#message = message;
    this.batch = batch;
    this.#departures = departures;
    this.#line = line;
    departures.add(this);
  }

  get isDecided(): boolean {
    return this.#isDurable || this.#message.isOver;
  }

  /** Whether somebody waits for it who has not heard yet. */
  get isAwaited(): boolean {
    return !this.#token.isTold;
  }

  /** It is durable, and leaves behind those before it. */
  dispatch(): void {
    this.#isDurable = true;
    this.#departures.advance();
  }

  /** Its turn has come. */
  leave(): void {
    this.#hasLeft = true;
    if (!this.#message.isOver) this.#line.accept(this.#message);
  }

  /** It could not be made durable. */
  fail(error: RnpError): void {
    this.#message.isOver = true;
    this.#token.notTaken(error);
    this.#departures.advance();
  }

  /** Nobody waits for it any more. It may have left, and may until it is out of the store. */
  cancel(): void {
    if (this.#hasLeft) this.#line.cancel(this.#message);
    this.#message.isOver = true;
    this.#token.withdrawn();
    this.#departures.advance();
  }

  /** The time of whoever waits is over: nobody knows yet what became of it, and it is not sent any more. */
  expired(): void {
    this.#token.expired();
    if (!this.#message.isOver) this.cancel();
  }

  get #token(): KeptToken {
    return this.#message.token as KeptToken;
  }
}
