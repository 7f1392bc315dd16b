import type { Handlers as TypedHandlers } from "../../generated/dispatch.js";
import type { OrderGate } from "../core/delivery/receiving/order-gate.js";
import { RnpError } from "../core/error.js";
import type { InboundMessage } from "../core/inbound.js";
import { now } from "../net/clock.js";
import { type Authorize, assertAuthorized } from "./authorization.js";
import {
  type HandlerContext,
  type HandlerScope,
  MessageContext,
  type Origin,
} from "./handler-context.js";
import { conclude, refuse, whenDurable } from "./handler-outcome.js";
import type { Logger } from "./logger.js";
import { QueuedMessage } from "./queued-message.js";
import { RunningHandlers } from "./running-handlers.js";
import { produce } from "./stream-producer.js";
import type { Transactions } from "./transactions.js";

/** The handlers that a node can have, by message type. */
export type NodeHandlers = TypedHandlers<HandlerContext>;

/** A handler of any type. */
export type Handler = (data: unknown, context: HandlerContext) => unknown;

/** How a handler goes about its messages. */
export interface HandlerOptions {
  /**
   * Whether it looks at the binary fields of its messages only until it is done, and keeps no view of them. The
   * memory of large messages is then used again for the next ones, which spares the engine from collecting
   * garbage all the time while bulk comes in. Default `false`: the bytes belong to the handler for good.
   */
  readonly borrows?: boolean;
}

/**
 * Runs the application's handlers. Whatever a handler does (throws, hangs past the deadline, answers
 * nonsense), its caller gets one clean error and nobody else notices.
 *
 * One that returns no promise costs its call and a small object; only what is still running when it has
 * returned is kept in mind.
 */
export class HandlerTable {
  readonly #handlers = new Map<string, Handler>();
  /** Types whose handlers give the memory of their messages back. */
  readonly #borrowing = new Set<string>();
  readonly #running = new RunningHandlers((context) => this.#expire(context));
  readonly #scope: HandlerScope;
  readonly #authorize: Authorize | undefined;

  /** `transactions`: those of the node's store, where it has one. */
  constructor(logger: Logger, transactions?: Transactions, authorize?: Authorize) {
    this.#scope = { logger, transactions };
    this.#authorize = authorize;
  }

  /** @throws RnpError `ALREADY_EXISTS`: two handlers of one type would hide one another. */
  set<Type extends keyof NodeHandlers>(
    type: Type,
    handler: NodeHandlers[Type],
    { borrows = false }: HandlerOptions = {},
  ): () => void {
    if (this.#handlers.has(type)) {
      throw new RnpError("ALREADY_EXISTS", `${type} has a handler; remove it first`);
    }
    this.#handlers.set(type, handler as Handler);
    if (borrows) this.#borrowing.add(type);
    return () => {
      if (this.#handlers.get(type) !== handler) return;
      this.#handlers.delete(type);
      this.#borrowing.delete(type);
    };
  }

  /** Whether the handler of a type gives the memory of its messages back. */
  borrows(type: string): boolean {
    return this.#borrowing.has(type);
  }

  /** Does not throw. A message that has to wait for others of its channel begins when these are settled. */
  handle(origin: Origin, message: InboundMessage): void {
    const gate = message.gate as OrderGate<QueuedMessage> | undefined;
    if (gate === undefined) return void this.#begin(origin, message);
    if (message.isTurnedAway) return new QueuedMessage(origin, message).drop();
    if (gate.enter()) this.#beginInTurn(gate, origin, message);
    else gate.queue(new QueuedMessage(origin, message));
  }

  /** Begins a message whose turn it is, and those behind it as long as each is settled at once. */
  #beginInTurn(gate: OrderGate<QueuedMessage>, origin: Origin, message: InboundMessage): void {
    let isSettled = this.#begin(origin, message);
    while (isSettled) {
      const next = gate.leave();
      if (next === undefined) return;
      isSettled = this.#begin(next.origin, next.message);
    }
  }

  /** `false`: its handler goes on, and `#passOn` follows. */
  #begin(origin: Origin, message: InboundMessage): boolean {
    const handler = this.#handlers.get(message.type.type);
    if (handler === undefined) {
      refuseUnhandled(origin, message);
      return true;
    }
    const context = new MessageContext(origin, message, this.#scope);
    try {
      assertInTime(message);
      if (this.#authorize !== undefined) assertAuthorized(this.#authorize, context);
      const result = handler(message.data, context);
      if (message.type.stream !== undefined) this.#await(context, produce(context, result));
      else if (isThenable(result)) this.#await(context, result);
      else {
        this.#conclude(context, result);
        return true;
      }
      return false;
    } catch (thrown) {
      // It is there where the `then` of what the handler returned threw.
      this.#running.remove(context);
      whenDurable(context, () => refuse(context, thrown));
      return true;
    }
  }

  /** A handler that went on is done with its message: the next of its channel may begin. */
  #passOn({ message }: MessageContext): void {
    const gate = message.gate as OrderGate<QueuedMessage> | undefined;
    const next = gate?.leave();
    if (next !== undefined) this.#beginInTurn(gate!, next.origin, next.message);
  }

  /** The sender of `message` does not wait for it any more. */
  cancel(origin: Origin, message: InboundMessage): void {
    const context = this.#running.get(origin, message);
    if (context === undefined) return;
    context.isUnwanted = true;
    // A stream has no end of its own, and this one may not heed its signal.
    this.#running.expireBy(context, now() + HANDLER_TIMEOUT_MS);
    context.abort(new RnpError("CANCELLED", `${origin.peer.id} cancelled`));
  }

  /**
   * Aborts what runs for a connection that was lost. What has a place in a channel goes on: its sender asks for it
   * on the next connection, and what was done need not be done again.
   */
  abandon(origin: Origin, reason: RnpError | undefined): void {
    for (const context of this.#running.takeUnplaced(origin)) {
      context.abort(reason ?? new RnpError("UNAVAILABLE", `${origin.peer.id} said goodbye`));
    }
  }

  /** Aborts all that runs: the node has closed. */
  abandonAll(reason: RnpError): void {
    for (const context of this.#running.takeAll()) context.abort(reason);
  }

  #await(context: MessageContext, work: PromiseLike<unknown>): void {
    context.expiresAt = expiryOf(context.message);
    this.#running.add(context);
    const borrows = this.borrows(context.message.type.type);
    // Where the handler is late, it comes to its end long after its message was settled.
    const ended = () => borrows && context.message.giveBack();
    Promise.resolve(work).then(
      (answer) => {
        this.#finish(context, answer);
        ended();
      },
      (thrown) => {
        if (this.#running.remove(context)) {
          whenDurable(context, () => refuse(context, thrown));
          this.#passOn(context);
        }
        ended();
      },
    );
  }

  #conclude(context: MessageContext, result: unknown): void {
    concludeWhenDurable(context, result);
    if (this.borrows(context.message.type.type)) context.message.giveBack();
  }

  #finish(context: MessageContext, answer: unknown): void {
    if (!this.#running.remove(context)) return;
    concludeWhenDurable(context, answer);
    this.#passOn(context);
  }

  /** The handler may go on, but what comes of it is dropped. */
  #expire(context: MessageContext): void {
    const late = new RnpError("TIMEOUT", "the handler did not finish before the deadline", {
      outcome: "unknown",
    });
    context.abort(late);
    refuse(context, late);
    this.#passOn(context);
  }
}

/** Most handlers make no transaction, and need no closure either. */
function concludeWhenDurable(context: MessageContext, result: unknown): void {
  if (context.durable === undefined) concludeOrRefuse(context, result);
  else whenDurable(context, () => concludeOrRefuse(context, result));
}

function concludeOrRefuse(context: MessageContext, answer: unknown): void {
  try {
    conclude(context, answer);
  } catch (thrown) {
    refuse(context, thrown);
  }
}

/** A request is answered, an acknowledged message refused; what nobody waits for is dropped. */
function refuseUnhandled(origin: Origin, message: InboundMessage): void {
  if (!message.isAwaited) return origin.settle(message);
  const { type } = message.type;
  const error = new RnpError("UNSUPPORTED", `this node has no handler for ${type}`, {
    outcome: "rejected",
  });
  origin.refuse(message, error);
}

/**
 * A message may have waited here for those before it. Where nobody waits for its answer any more, the work
 * would only hold up the next.
 */
function assertInTime({ deadlineAt }: InboundMessage): void {
  if (deadlineAt === undefined || deadlineAt > now()) return;
  throw new RnpError("TIMEOUT", "its deadline passed before a handler could begin", {
    outcome: "rejected",
  });
}

function isThenable(result: unknown): result is PromiseLike<unknown> {
  return (
    typeof result === "object" &&
    result !== null &&
    typeof (result as { then?: unknown }).then === "function"
  );
}

/**
 * Peers of ours send a deadline with each request; for others the schema says how long an answer may take. A
 * stream lasts until one side ends it.
 */
function expiryOf({ deadlineAt, type }: InboundMessage): number {
  if (deadlineAt !== undefined) return deadlineAt;
  if (type.stream !== undefined) return Number.POSITIVE_INFINITY;
  return now() + (type.timeoutMs || HANDLER_TIMEOUT_MS);
}

/**
 * How long a message that has neither a deadline nor an answer may be handled, in ms: its sender gives up
 * trying by then. A handler that never settles must not take up its peer's credit for ever.
 */
const HANDLER_TIMEOUT_MS = 30_000;
