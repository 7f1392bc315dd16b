import type { HandledBatch } from "../core/delivery/keeping/journal.js";
import { RnpError } from "../core/error.js";
import type { Agreement } from "../core/handshake.js";
import type { PeerIdentity } from "../core/identity.js";
import type { InboundMessage } from "../core/inbound.js";
import { now } from "../net/clock.js";
import type { Logger } from "./logger.js";
import type { Transaction } from "./transaction.js";
import { noStore, type Transactions } from "./transactions.js";

/** What a handler knows about the message besides its data. */
export interface HandlerContext {
  /** Who sent it, as its certificate says. */
  readonly peer: PeerIdentity;
  /** The same when the sender sends the message again, so it can serve as an idempotency key. */
  readonly messageId: string;
  /** What the sender attached. */
  readonly meta: Readonly<Record<string, string>>;
  /**
   * Aborted when nobody waits for the handler any more: the sender cancelled, its deadline passed or the
   * connection is lost. Its reason is the `RnpError` that says which.
   */
  readonly signal: AbortSignal;
  /**
   * The place of the message in the sender's channel; `undefined` for what is sent at-most-once, for requests, and
   * from peers that know no channels. Messages of one channel and epoch have rising places, and while this process
   * runs no place comes twice. A sender that found this node to have forgotten begins a new epoch, and may send
   * in it what was handled before.
   */
  readonly delivery:
    | { readonly channel: string; readonly epoch: number; readonly seq: number }
    | undefined;
  /** How long the sender still waits, in ms; infinite where it did not say. */
  remainingMs(): number;
  /**
   * Reads and writes the node's store, and sends messages, as one; what `work` returns is given at once. The sender
   * is told of nothing before that is durable: the acknowledgement, or the answer, waits for it and not the handler.
   * Where the message was sent exactly-once, that it was handled is in the same commit, so its effect is there
   * once, whatever crashes. One for each message.
   *
   * @throws what `work` throws, without an effect; RnpError `UNSUPPORTED` where the node has no store; why nobody
   *   waits for the handler any more, where that is so (see `signal`)
   */
  transaction<Result>(work: (transaction: Transaction) => Result): Result;
  readonly logger: Logger;
}

/** What the contexts of one node have in common. */
export interface HandlerScope {
  readonly logger: Logger;
  /** `undefined`: the node has no store. */
  readonly transactions: Transactions | undefined;
}

/** The connection that a message came by, as far as its handler is concerned; see `LinkReplies`. */
export interface Origin {
  readonly peer: PeerIdentity;
  /** What its two sides agreed on. */
  readonly agreement: Agreement | undefined;
  /** Answers a request and settles it; throws where `data` is not what the request's schema names. */
  answer(message: InboundMessage, data: unknown): void;
  /** Tells the sender that its message failed, where it waits to hear of it, and settles it. */
  refuse(message: InboundMessage, error: RnpError): void;
  /** Says that a message has been handled. */
  settle(message: InboundMessage): void;
  /** Lets go of a message that its sender sends again. */
  drop(message: InboundMessage): void;
  /**
   * Settles when the asker of a stream has room for another item: `true`; or will never have: `false`, it
   * cancelled or the connection is gone.
   */
  credited(message: InboundMessage): Promise<boolean>;
  /** Sends one item of a stream; throws where `data` is not what the schema of the request names. */
  item(message: InboundMessage, data: unknown): void;
  /** Ends a stream, well or with an error, and settles its request. */
  end(message: InboundMessage, error?: RnpError): void;
}

/**
 * The context of one message. There is one for each message that a handler sees, so it holds little: what
 * few handlers ask for is made when one does.
 */
export class MessageContext implements HandlerContext {
  readonly origin: Origin;
  readonly message: InboundMessage;
  /** When the transaction of the handler is durable; `undefined`: it has made none. */
  durable: Promise<void> | undefined;
  readonly #scope: HandlerScope;
  /** On the clock of `now`: when the handler is no longer waited for. */
  expiresAt = Number.POSITIVE_INFINITY;
  /** The sender cancelled: whatever comes of the handler, nothing is answered. */
  isUnwanted = false;
  #controller: AbortController | undefined;
  #abortReason: unknown;

  constructor(origin: Origin, message: InboundMessage, scope: HandlerScope) {
    this.origin = origin;
    this.message = message;
    this.#scope = scope;
  }

  get logger(): Logger {
    return this.#scope.logger;
  }

  get peer(): PeerIdentity {
    return this.origin.peer;
  }

  get messageId(): string {
    return this.message.id;
  }

  get meta(): Readonly<Record<string, string>> {
    return this.message.meta;
  }

  get delivery(): HandlerContext["delivery"] {
    const { channel, seq } = this.message;
    return channel === undefined ? undefined : { channel: channel.name, epoch: channel.epoch, seq };
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  remainingMs(): number {
    const { deadlineAt } = this.message;
    return deadlineAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, deadlineAt - now());
  }

  transaction<Result>(work: (transaction: Transaction) => Result): Result {
    const { transactions } = this.#scope;
    if (transactions === undefined) throw noStore();
    if (this.#abortReason !== undefined || this.message.isOver) throw this.#abortReason ?? over();
    if (this.durable !== undefined) throw new TypeError(SECOND_TRANSACTION);
    const { result, durable } = transactions.run(work, (batch) =>
      this.#commit(transactions, batch),
    );
    this.durable = durable;
    return result;
  }

  #commit({ store }: Transactions, batch: HandledBatch): Promise<void> {
    const { channel, seq } = this.message;
    if (channel?.isDurable !== true) return store.commit(batch);
    const kept = channel.keepHandled(seq, batch);
    this.message.isKept = true;
    return kept;
  }

  /** Nobody waits for the handler any more. */
  abort(reason: RnpError): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }
}

const SECOND_TRANSACTION = "a message has one transaction; do in it all that is to happen together";

function over(): RnpError {
  return new RnpError(
    "CANCELLED",
    "the message is settled; a transaction comes before its handler's end",
  );
}
