import { type ErrorCode, invalidErrorDetails } from "../../generated/errors.js";
import { ERROR, type ErrorData } from "../../generated/messages/error.js";
import { isErrorCode, leavesOpen, RnpError } from "./error.js";

/**
 * The `data` of the `error` message that tells a peer of `error`. Handlers make errors as they like; one that
 * the schema does not let travel goes without what is optional, as the peer must hear of it in any case.
 */
export function errorDataOf(error: RnpError): ErrorData {
  const { code, number } = error;
  const whole = wholeDataOf(error);
  if (ERROR.invalid(whole) === undefined) return whole;
  return { code, number, message: whole.message };
}

function wholeDataOf(error: RnpError): ErrorData {
  return {
    code: error.peerCode ?? error.code,
    message: error.reason.slice(0, MESSAGE_LENGTH_MAX),
    number: error.number,
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(error.retryAfterMs === undefined ? {} : { retry_after_ms: error.retryAfterMs }),
  } as ErrorData;
}

/** The error that a peer's `error` message tells of. A code unknown here counts as `INTERNAL_ERROR`. */
export function errorOf(message: ErrorData, peer: string): RnpError {
  const code: ErrorCode = isErrorCode(message.code) ? message.code : "INTERNAL_ERROR";
  const details = message.details as Record<string, unknown> | undefined;
  const keepsDetails = details !== undefined && invalidErrorDetails(code, details) === undefined;
  return new RnpError(code, message.message, {
    outcome: leavesOpen(code) ? "unknown" : "rejected",
    peer,
    ...(keepsDetails ? { details } : {}),
    ...(code === message.code ? {} : { peerCode: message.code }),
    ...(message.retry_after_ms === undefined ? {} : { retryAfterMs: message.retry_after_ms }),
  });
}

/** As bounded by the schema of `error`. */
const MESSAGE_LENGTH_MAX = 1024;
