import { RnpError } from "../core/error.js";
import { cancelled } from "./awaiter.js";

/** Until when, and for whom, something is waited for. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for `work`, but no longer than `patience` lasts. What `work` does afterwards is nobody's concern.
 *
 * @throws RnpError `TIMEOUT` or `CANCELLED`, both with the outcome `not-delivered`; or what `work` throws
 */
export function within<Result>(
  work: Promise<Result>,
  doing: string,
  { timeoutMs, signal }: Patience,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(timedOut(doing, timeoutMs))), timeoutMs);
    const onAbort = () => finish(() => reject(cancelled(signal?.reason, "not-delivered")));
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      settle();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    work.then(
      (result) => finish(() => resolve(result)),
      (error) => finish(() => reject(error)),
    );
    if (signal?.aborted) onAbort();
  });
}

/** @throws RnpError `CANCELLED` */
export async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  const over = new Promise<void>((resolve) => setTimeout(resolve, delayMs));
  await within(over, "a pause", { timeoutMs: delayMs + 1000, signal });
}

function timedOut(doing: string, timeoutMs: number): RnpError {
  return new RnpError("TIMEOUT", `${doing} took longer than ${Math.round(timeoutMs)} ms`, {
    details: { timeout_ms: Math.ceil(timeoutMs) },
  });
}
