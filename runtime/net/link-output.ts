import type { Connection } from "../core/connection.js";
import type { ChannelHeading } from "../core/delivery/sending/heading.js";
import type { ChannelWire } from "../core/delivery/sending/wire.js";
import { RnpError } from "../core/error.js";
import type { MessageType } from "../wire/message-type.js";
import type { Outflow } from "./outflow.js";

/** What writes all that has been said. */
export interface Flusher {
  flush(): void;
}

/**
 * The way out of a link, as those see it who have something to send: whether there is room, and when what they have
 * said is written. All of one turn leaves in one write.
 */
export class LinkOutput implements ChannelWire {
  readonly #peer: string;
  readonly #connection: Connection;
  readonly #outflow: Outflow;
  readonly #flusher: Flusher;
  #isDue = false;
  #isLateDue = false;
  #isDrainAwaited = false;

  constructor(peer: string, connection: Connection, outflow: Outflow, flusher: Flusher) {
    this.#peer = peer;
    this.#connection = connection;
    this.#outflow = outflow;
    this.#flusher = flusher;
  }

  /** Whether what is written can still leave. */
  get isAlive(): boolean {
    return this.#outflow.isAlive;
  }

  get hasRoom(): boolean {
    const { hasRoom, isStalled } = this.#connection;
    // With room although others wait for credit, a channel has its turn, and with that its part of the credit.
    return hasRoom && (isStalled || !this.isBackedUp);
  }

  /** Whether whoever sends should wait. */
  get isBackedUp(): boolean {
    return this.#outflow.isBackedUp(this.#connection.queuedSize);
  }

  /** Bytes that wait for the peer's credit, or for it to read on. */
  get queuedBytes(): number {
    return this.#connection.queuedSize + this.#outflow.queuedSize;
  }

  /** @throws RnpError `BACKPRESSURE` where too much waits already */
  assertRoom(): void {
    const { queuedBytes } = this;
    if (queuedBytes <= QUEUE_SIZE_MAX) return;
    throw new RnpError(
      "BACKPRESSURE",
      `${this.#peer} reads too slowly: ${queuedBytes} bytes wait for it; await each send`,
      { peer: this.#peer },
    );
  }

  /** Why the peer is to be given up: what it is owed cannot be refused to it, and it reads none of it. */
  get hopelessness(): RnpError | undefined {
    const { queuedBytes } = this;
    if (queuedBytes <= QUEUE_SIZE_MAX + OWED_SIZE_MAX || !this.isAlive) return undefined;
    const text = `${this.#peer} does not read: ${queuedBytes} bytes wait for it`;
    return new RnpError("BACKPRESSURE", text, { peer: this.#peer });
  }

  transmit(type: MessageType, data: unknown, heading: ChannelHeading): number {
    const size = this.#connection.transmit(type, data, heading);
    this.scheduleLate();
    return size;
  }

  awaitRoom(wake: () => void): void {
    this.#connection.awaitRoom(wake);
    if (this.#isDrainAwaited) return;
    this.#isDrainAwaited = true;
    void this.#outflow.drained().then(() => {
      this.#isDrainAwaited = false;
      this.#connection.handleRoom();
    });
  }

  /** Settles when whoever sends need not wait any more, or when nothing will ever leave. */
  drained(): Promise<void> {
    return this.#outflow.drained();
  }

  /** Something has been said: it is written once who says it has ended. */
  schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#flusher.flush();
    });
  }

  /** The same for what gathers: acks, and messages in channels. What comes in meanwhile adds to it. */
  scheduleLate(): void {
    if (this.#isLateDue) return;
    this.#isLateDue = true;
    setImmediate(() => {
      this.#isLateDue = false;
      this.#flusher.flush();
    });
  }
}

/** Bytes that may wait for one slow peer: two of the largest messages. */
const QUEUE_SIZE_MAX = 32 * 1024 * 1024;
/** And so many more that the peer is owed: answers, acknowledgements, pongs. */
const OWED_SIZE_MAX = 16 * 1024 * 1024;
