import type { DeliveryPromise } from "./delivery-promise.js";
import type { HandlerContext } from "./handler-context.js";

/** Options of one call. */
export interface RequestOptions {
  /**
   * From the call to its answer, dialling included; the peer is told what is left. In ms, above 0. Default: as
   * the schema of the message says; a stream then lasts until one side ends it.
   */
  readonly timeoutMs?: number;
  /** Aborting it ends the call with `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Small facts that travel with the message, such as `traceparent`: at most 14, of lower-case names of up to
   * 64 characters and values of up to 512 characters of printable ASCII.
   */
  readonly meta?: Readonly<Record<string, string>>;
  /**
   * The context of the handler that makes this call, where the call is part of handling its message. The call
   * then takes no longer than the sender of that message still waits, is cancelled when that message is, and
   * carries its `traceparent` and `tracestate`.
   *
   * Asked for and not guessed: what a handler starts may well be meant to outlive it.
   */
  readonly parent?: Pick<HandlerContext, "meta" | "signal" | "remainingMs"> | undefined;
}

/** Options of one message that has no answer. */
export interface SendOptions extends RequestOptions {
  /** More than the schema promises for the message; asking for less is an error. */
  readonly delivery?: DeliveryPromise;
  /**
   * Messages in one channel to one peer are handled one after the other, in the order in which they were sent,
   * also across lost connections; those in different channels are independent. A name of at most 63 of a-z,
   * 0-9, dot, dash and underscore; few names, as each is kept while the node runs. Default: one channel for each
   * pool. For what is promised at-least-once.
   */
  readonly channel?: string;
}
