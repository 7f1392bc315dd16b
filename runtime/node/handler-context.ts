import type { PeerIdentity } from "../core/identity.js";
import type { InboundMessage } from "../core/inbound.js";
import { now } from "../net/clock.js";
import type { Logger } from "./logger.js";

/** What a handler knows about the message besides its data. */
export interface HandlerContext {
  /** Who sent it, as its certificate says. */
  readonly peer: PeerIdentity;
  /** The same when the sender sends the message again, so it can serve as an idempotency key. */
  readonly messageId: string;
  /** What the sender attached. */
  readonly meta: Readonly<Record<string, string>>;
  /** Aborted when the sender stops waiting, the connection is lost or the node closes. */
  readonly signal: AbortSignal;
  /** How long the sender still waits; infinite where it did not say. */
  remainingMs(): number;
  readonly logger: Logger;
}

/** The context of one message. Its signal is made when a handler first asks for it: few do. */
export class MessageContext implements HandlerContext {
  readonly peer: PeerIdentity;
  readonly logger: Logger;
  readonly #message: InboundMessage;
  #controller: AbortController | undefined;
  #abortReason: unknown;

  constructor(peer: PeerIdentity, message: InboundMessage, logger: Logger) {
    this.peer = peer;
    this.logger = logger;
    this.#message = message;
  }

  get messageId(): string {
    return this.#message.id;
  }

  get meta(): Readonly<Record<string, string>> {
    return this.#message.meta;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  remainingMs(): number {
    const { deadlineAt } = this.#message;
    return deadlineAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, deadlineAt - now());
  }

  /** Nobody waits for the handler any more. */
  abort(reason: unknown): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }
}
