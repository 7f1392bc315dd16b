import { type RnpError, toRnpError } from "../core/error.js";
import { retryDelayMs } from "../core/retry.js";
import { now } from "./clock.js";
import { pause } from "./patience.js";

export interface DeliverByIdOptions {
  /** When to give up, in the time of `now()`. */
  readonly giveUpAt: number;
  readonly signal: AbortSignal | undefined;
  /** Whether an attempt that was made otherwise may have reached the handler. */
  readonly mayHaveArrived?: boolean;
  /** Whether no further attempt can succeed, as the node was closed. */
  isOver(): boolean;
}

/**
 * Delivers a message to a peer that knows no channels: runs `attempt` until it succeeds, fails for good or the retry policy ends. The error that comes out
 * carries the outcome of all attempts together: once one of them may have reached the handler, `unknown`.
 */
export async function deliverById(
  attempt: (timeoutMs: number) => Promise<void>,
  { giveUpAt, signal, isOver, mayHaveArrived: mayHave = false }: DeliverByIdOptions,
): Promise<void> {
  let mayHaveArrived = mayHave;
  for (let count = 1; ; count++) {
    try {
      return await attempt(Math.min(ACK_TIMEOUT_MS, giveUpAt - now()));
    } catch (thrown) {
      const error = toRnpError(thrown);
      mayHaveArrived ||= error.outcome === "unknown";
      const delayMs = isOver() ? undefined : delayBeforeNext(error, count);
      if (delayMs === undefined || now() + delayMs >= giveUpAt || signal?.aborted) {
        throw mayHaveArrived ? error.with({ outcome: "unknown" }) : error;
      }
      await pause(delayMs, signal);
    }
  }
}

function delayBeforeNext(error: RnpError, attempt: number): number | undefined {
  if (!error.retryable) return undefined;
  const delayMs = retryDelayMs(attempt);
  return delayMs === undefined ? undefined : Math.max(delayMs, error.retryAfterMs ?? 0);
}

/** An acknowledgement comes after the handler settled and, for files, after the disk did. */
const ACK_TIMEOUT_MS = 5000;
