import type { Handlers as TypedHandlers } from "../../generated/dispatch.js";
import { RnpError, toRnpError } from "../core/error.js";
import type { InboundMessage } from "../core/inbound.js";
import type { Link } from "../net/link.js";
import { type HandlerContext, MessageContext } from "./handler-context.js";
import type { Logger } from "./logger.js";

/** The handlers that a node can have, by message type. */
export type NodeHandlers = TypedHandlers<HandlerContext>;

type Handler = (data: unknown, context: HandlerContext) => unknown;

/**
 * Runs the application's handlers. Whatever a handler does (throws, hangs past the deadline, answers
 * nonsense), its caller gets one clean error and nobody else notices.
 */
export class HandlerTable {
  readonly #handlers = new Map<string, Handler>();
  readonly #running = new Set<{ readonly link: Link; readonly context: MessageContext }>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @throws RnpError `ALREADY_EXISTS`: two handlers of one type would hide one another. */
  set<Type extends keyof NodeHandlers>(type: Type, handler: NodeHandlers[Type]): () => void {
    if (this.#handlers.has(type)) {
      throw new RnpError("ALREADY_EXISTS", `${type} has a handler; remove it first`);
    }
    this.#handlers.set(type, handler as Handler);
    return () => {
      if (this.#handlers.get(type) === handler) this.#handlers.delete(type);
    };
  }

  async handle(link: Link, message: InboundMessage): Promise<void> {
    const { type } = message;
    const handler = this.#handlers.get(type.type);
    if (handler === undefined) return this.#refuseUnhandled(link, message);
    const context = new MessageContext(link.peer, message, this.#logger);
    const running = { link, context };
    this.#running.add(running);
    try {
      const answer = await untilDeadline(handler(message.data, context), context);
      this.#conclude(link, message, answer);
    } catch (thrown) {
      this.#refuse(link, message, toRnpError(thrown));
    } finally {
      this.#running.delete(running);
    }
  }

  /** Aborts what runs for a link that was lost. */
  abandon(link: Link, reason: unknown): void {
    for (const running of this.#running) if (running.link === link) running.context.abort(reason);
  }

  /** A request is answered, an acknowledged message refused; what nobody waits for is dropped. */
  #refuseUnhandled(link: Link, message: InboundMessage): void {
    const { type } = message.type;
    if (message.type.answer === undefined && !message.requiresAck) return link.settle(message);
    const error = new RnpError("UNSUPPORTED", `this node has no handler for ${type}`, {
      outcome: "rejected",
    });
    link.refuse(message, error);
  }

  #conclude(link: Link, message: InboundMessage, answer: unknown): void {
    if (message.type.answer === undefined) return link.settle(message);
    try {
      link.answer(message, answer);
    } catch (cause) {
      const text = `the handler of ${message.type.type} gave no valid ${message.type.answer.type}`;
      throw new RnpError("INTERNAL_ERROR", text, { cause, outcome: "unknown" });
    }
  }

  #refuse(link: Link, message: InboundMessage, error: RnpError): void {
    const fields = { type: message.type.type, peer: link.peer.id, error };
    if (error.code === "INTERNAL_ERROR") this.#logger.error(fields, "a handler failed");
    else this.#logger.debug(fields, "a handler refused a message");
    link.refuse(message, error);
  }
}

/** The result of a handler, or `TIMEOUT` when the sender's deadline passes first. */
async function untilDeadline(work: unknown, context: MessageContext): Promise<unknown> {
  const remainingMs = context.remainingMs();
  if (remainingMs === Number.POSITIVE_INFINITY || !(work instanceof Promise)) return work;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const late = new RnpError("TIMEOUT", "the handler did not finish before the deadline", {
        details: { timeout_ms: Math.ceil(remainingMs) },
        outcome: "unknown",
      });
      context.abort(late);
      reject(late);
    }, remainingMs);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
