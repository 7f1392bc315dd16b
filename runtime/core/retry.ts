import { PROTOCOL } from "../../generated/protocol.js";

/** How often and when an acknowledged message is tried again. */
export interface RetryPolicy {
  /** Wait before the second attempt. */
  readonly baseDelayMs: number;
  /** Each further wait is this many times the one before. */
  readonly multiplier: number;
  /** No wait is longer than this. */
  readonly delayMaxMs: number;
  /** Attempts in all, the first included. */
  readonly attemptCountMax: number;
}

/** The policy of the specification: at once, then after 100, 300, 900 and 2700 ms. */
const RETRY_POLICY: RetryPolicy = {
  baseDelayMs: PROTOCOL.retry.base_delay_ms,
  multiplier: PROTOCOL.retry.multiplier,
  delayMaxMs: PROTOCOL.retry.max_delay_ms,
  attemptCountMax: PROTOCOL.retry.max_attempts,
};

/**
 * How long to wait after attempt number `attempt` (from 1) has failed, or `undefined` when it was the
 * last one.
 */
export function retryDelayMs(
  attempt: number,
  policy: RetryPolicy = RETRY_POLICY,
): number | undefined {
  if (attempt >= policy.attemptCountMax) return undefined;
  return Math.min(policy.baseDelayMs * policy.multiplier ** (attempt - 1), policy.delayMaxMs);
}

/** The same for what is in an outbox, which is tried until its time is over. */
export function keptRetryDelayMs(attempt: number): number {
  return retryDelayMs(attempt, KEPT_POLICY) ?? KEPT_POLICY.delayMaxMs;
}

const KEPT_POLICY: RetryPolicy = { ...RETRY_POLICY, attemptCountMax: Number.POSITIVE_INFINITY };
