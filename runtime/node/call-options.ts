import type { Delivery } from "../wire/message-type.js";

/** Options of one call. */
export interface RequestOptions {
  /**
   * From the call to its answer, dialling included; the peer is told what is left. Default: as the schema
   * of the message says.
   */
  readonly timeoutMs?: number;
  /** Aborting it ends the call with `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  /** Small facts that travel with the message, such as `traceparent`. */
  readonly meta?: Readonly<Record<string, string>>;
}

/** Options of one message that has no answer. */
export interface SendOptions extends RequestOptions {
  /** More than the schema promises for the message; asking for less is an error. */
  readonly delivery?: Delivery;
}
