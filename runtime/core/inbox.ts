import { type InboundMessage, isRequest } from "./inbound.js";
import type { ReceiveWindow } from "./receive-window.js";

/**
 * Control messages cost no credit, so they have a bound of their own: further ones are dropped while so
 * many are with handlers. Thousands of heartbeats that nobody has looked at tell no more than one.
 */
const CONTROL_COUNT_MAX = 1024;
/**
 * Streams may stay open for days, so they do not take up credit, which everything else on the connection
 * needs, and have a bound of their own too. So many cost about as much memory as the largest window.
 */
const STREAM_COUNT_MAX = 4096;

/** The messages of the peer that the application has been given and has not settled. */
export class Inbox {
  readonly #window: ReceiveWindow;
  /** Requests by id: they can be cancelled, and streams given credit. */
  readonly #requests = new Map<string, InboundMessage>();
  #count = 0;
  #controlCount = 0;
  #streamCount = 0;

  constructor(window: ReceiveWindow) {
    this.#window = window;
  }

  get size(): number {
    return this.#count;
  }

  /** Takes a message in. `false`: it is a control message too many, or asks for a stream too many. */
  admit(message: InboundMessage): boolean {
    const { type } = message;
    if (type.isControl) {
      if (this.#controlCount >= CONTROL_COUNT_MAX) return false;
      this.#controlCount += 1;
    } else if (type.stream !== undefined) {
      this.#window.release(message.size);
      if (this.#streamCount >= STREAM_COUNT_MAX) return false;
      this.#streamCount += 1;
    }
    this.#count += 1;
    if (isRequest(type)) this.#requests.set(message.id, message);
    return true;
  }

  /** The request with this id, while it is not settled. */
  find(id: string): InboundMessage | undefined {
    return this.#requests.get(id);
  }

  /**
   * Its sender has cancelled it. Its credit returns when the application is done with it, not now: who asks and
   * cancels in turns would have any number of handlers at work.
   */
  cancel(message: InboundMessage): void {
    message.isCancelled = true;
    this.#forget(message);
  }

  /** Lets go of a message and returns its credit. `false`: it was settled before. */
  settle(message: InboundMessage): boolean {
    if (message.isSettled) return false;
    const { type } = message;
    message.isSettled = true;
    this.#count -= 1;
    if (type.isControl) this.#controlCount -= 1;
    else if (type.stream !== undefined) this.#streamCount -= 1;
    else this.#window.release(message.size);
    if (isRequest(type)) this.#forget(message);
    return true;
  }

  #forget(message: InboundMessage): void {
    // A peer may have used an id twice; the later message keeps its place.
    if (this.#requests.get(message.id) === message) this.#requests.delete(message.id);
  }
}
