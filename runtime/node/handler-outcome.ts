import { isRnpError, RnpError, toRnpError } from "../core/error.js";
import { describeThrown } from "./describe-thrown.js";
import type { MessageContext } from "./handler-context.js";

/** Sends what a handler returned. Throws where it is not what the schema of the message wants. */
export function conclude({ origin, message, isCancelled }: MessageContext, answer: unknown): void {
  if (isCancelled || message.type.answer === undefined) return origin.settle(message);
  try {
    origin.answer(message, answer);
  } catch (cause) {
    throw isRnpError(cause) && cause.code !== "PROTOCOL_ERROR"
      ? cause
      : invalidAnswer(message.type.type, message.type.answer.type, cause);
  }
}

/**
 * Tells the sender of what a handler threw, whatever that is, in one clean error; what is not for the
 * sender goes to the log. Does not throw.
 */
export function refuse(context: MessageContext, thrown: unknown): void {
  const { origin, message } = context;
  if (context.isCancelled) return origin.settle(message);
  let error = cleanError(thrown);
  try {
    origin.refuse(message, error);
  } catch {
    // An error that cannot be written: its fields are getters that throw, or not what they should be.
    error = toRnpError(undefined);
    origin.refuse(message, error);
  }
  log(context, error, thrown);
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

function invalidAnswer(type: string, answer: string, cause: unknown): RnpError {
  const text = `the handler of ${type} gave no valid ${answer}`;
  return new RnpError("INTERNAL_ERROR", text, { cause, outcome: "unknown" });
}
