import { RnpError } from "../core/error.js";
import type { RequestOptions } from "./call-options.js";

/**
 * `options` with what a call takes over from the message that it is made for. `defaultTimeoutMs` is how long
 * the call takes where they do not say; `undefined`: as long as it has.
 *
 * @throws RnpError `TIMEOUT` where nobody waits for that message any more
 */
export function inherited<Options extends RequestOptions>(
  { parent, ...own }: Options,
  defaultTimeoutMs?: number,
): Omit<Options, "parent"> {
  if (parent === undefined) return own;
  const remainingMs = parent.remainingMs();
  if (remainingMs <= 0) throw noTimeLeft();
  const timeoutMs = Math.min(own.timeoutMs ?? (defaultTimeoutMs || remainingMs), remainingMs);
  return {
    ...own,
    meta: { ...traceOf(parent.meta), ...own.meta },
    signal: own.signal ? AbortSignal.any([own.signal, parent.signal]) : parent.signal,
    ...(timeoutMs === Number.POSITIVE_INFINITY ? {} : { timeoutMs }),
  };
}

/** The keys of W3C Trace Context. Whatever else a message carries is between its sender and us. */
function traceOf({
  traceparent,
  tracestate,
}: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}

function noTimeLeft(): RnpError {
  return new RnpError("TIMEOUT", "no time is left for the message that this call is made for");
}
