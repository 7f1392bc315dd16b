import type { Handlers, MessageMap } from "../../generated/dispatch.js";
import type { PeerIdentity } from "../core/identity.js";
import type { Delivery } from "../wire/message-type.js";
import type { HandlerContext } from "./handler-context.js";

/**
 * What is sent, and so what comes of it: the answer of a `request`, nothing of a `send`, an `AsyncIterable`
 * of the items of a `stream`.
 */
export type CallKind = "request" | "send" | "stream";

/** What is the same for all types of outgoing calls. */
export interface OutgoingFacts {
  readonly kind: CallKind;
  /** The node that is called. */
  readonly peer: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** `undefined`: of a stream, that it has no end; of a send, that the caller left it to us. */
  readonly timeoutMs: number | undefined;
  /** Of a send: as the caller asks, else as its schema says. */
  readonly delivery: Delivery | undefined;
}

/** A call of this node's application, before it is sent. `type` tells which `data` it has. */
export type OutgoingCall = {
  [Type in keyof MessageMap]: OutgoingFacts & {
    readonly type: Type;
    readonly data: MessageMap[Type];
  };
}[keyof MessageMap];

/** What is the same for all types of incoming calls. */
export interface IncomingFacts {
  readonly kind: CallKind;
  /** Who sent it, as its certificate says. */
  readonly peer: PeerIdentity;
  readonly context: HandlerContext;
}

/** A message for a handler of this node's application. `type` tells which `data` it has. */
export type IncomingCall = {
  [Type in keyof Handlers<HandlerContext>]: IncomingFacts & {
    readonly type: Type;
    readonly data: MessageMap[Type];
  };
}[keyof Handlers<HandlerContext>];

/** Goes on with a call, to the next interceptor or in the end to the peer or the handler. */
export type Next<Call> = (call: Call) => Promise<unknown>;

/**
 * Stands between the application and its calls:
 *
 *     (next) => async (call) => {
 *       const result = await next(call);
 *       return result;
 *     }
 *
 * It may hand on another call (`next({ ...call, meta })`; who is called and the type stay as they are), give
 * another result, throw, or not go on at all. It is asked for its function as often as need be: what it
 * keeps from call to call belongs outside.
 */
export type Interceptor<Call> = (next: Next<Call>) => Next<Call>;

/**
 * The interceptors of a node; the first stands outermost. What the node itself sends passes none, nor what is
 * posted, where there is no promise to wait for.
 */
export interface Interceptors {
  /** For the calls of `node.peer(id)` and its like, and of `node.everyone` once for each member. */
  readonly calls?: readonly Interceptor<OutgoingCall>[];
  /** For the handlers that `node.handle` sets. */
  readonly handlers?: readonly Interceptor<IncomingCall>[];
}

/** `interceptors` around `last`, the first outermost. */
export function chain<Call>(
  interceptors: readonly Interceptor<Call>[],
  last: Next<Call>,
): Next<Call> {
  return interceptors.reduceRight<Next<Call>>((next, interceptor) => interceptor(next), last);
}
