import { isRnpError, RnpError, toRnpError } from "../core/error.js";
import type { MessageType } from "../wire/message-type.js";
import { describeThrown } from "./describe-thrown.js";
import type { MessageContext } from "./handler-context.js";

/** Sends what a handler returned. Throws where it is not what the schema of the message wants. */
export function conclude({ origin, message, isUnwanted }: MessageContext, answer: unknown): void {
  const { type } = message;
  if (isUnwanted) return origin.settle(message);
  if (type.stream !== undefined) return origin.end(message);
  if (type.answer === undefined) return origin.settle(message);
  try {
    origin.answer(message, answer);
  } catch (cause) {
    throw toHandlerFault(type.type, type.answer, cause);
  }
}

/** What a handler of `type` is to blame for: `given` that its schema does not allow. */
export function toHandlerFault(type: string, given: MessageType, cause: unknown): unknown {
  if (isRnpError(cause) && cause.code !== "PROTOCOL_ERROR") return cause;
  const text = `the handler of ${type} gave no valid ${given.type}`;
  return new RnpError("INTERNAL_ERROR", text, { cause, outcome: "unknown" });
}

/**
 * Tells the sender of what a handler threw, whatever that is, in one clean error; what is not for the
 * sender goes to the log. Does not throw.
 */
export function refuse(context: MessageContext, thrown: unknown): void {
  if (context.isUnwanted) return context.origin.settle(context.message);
  let error = cleanError(thrown);
  try {
    tell(context, error);
  } catch {
    // An error that cannot be written: its fields are getters that throw, or not what they should be.
    error = toRnpError(undefined);
    tell(context, error);
  }
  log(context, error, thrown);
}

/**
 * Lets `say` speak of a message once what its handler did to the store is durable. Where that fails, nobody knows
 * whether it is, and that is what the sender hears.
 */
export function whenDurable(context: MessageContext, say: () => void): void {
  if (context.durable === undefined) say();
  else context.durable.then(say, (thrown) => refuse(context, thrown));
}

function tell({ origin, message }: MessageContext, error: RnpError): void {
  if (message.type.stream === undefined) origin.refuse(message, error);
  else origin.end(message, error);
}

function cleanError(thrown: unknown): RnpError {
  try {
    return toRnpError(thrown);
  } catch {
    return toRnpError(undefined);
  }
}

function log({ logger, message, peer }: MessageContext, error: RnpError, thrown: unknown): void {
  const fields = { type: message.type.type, peer: peer.id };
  try {
    if (error.code !== "INTERNAL_ERROR") {
      logger.debug({ ...fields, error }, "a handler refused a message");
    } else logger.error({ ...fields, reason: describeThrown(thrown) }, "a handler failed");
  } catch {
    // A log that fails must not cost the messages that come after this one.
  }
}
