import { setTimeout as pause } from "node:timers/promises";
import { reconnectDelayMs } from "../../core/backoff.js";
import { isRnpError, type LogEntry, type LogSubscribe, type RnpError } from "../../index.js";

export interface ResumeOptions {
  /** Connects, says to `onOpen` which node it reads from, and subscribes. */
  readonly open: (query: LogSubscribe, onOpen: (node: string) => void) => AsyncIterable<LogEntry>;
  readonly query: LogSubscribe;
  /** The stream broke and will be opened again. */
  readonly onLost: (error: RnpError) => void;
  /** It is open again. */
  readonly onBack: (node: string) => void;
  readonly signal: AbortSignal;
  /** How long to wait before an attempt. Default: full jitter, 100 ms at first and 5 s at most. */
  readonly delayMs?: (failureCount: number) => number;
}

/**
 * The lines of an instance over however many connections and nodes it takes: where the stream breaks, or ends
 * because the instance was moved away, the next one goes on behind the last line that came. It is over when
 * nobody has the instance any more, or when `signal` aborts.
 *
 * @throws RnpError where waiting does not help; whatever it is where the stream has never been open, because
 *   that is a wrong address more often than a node that is about to come back
 */
export async function* resumed(options: ResumeOptions): AsyncGenerator<LogEntry, void> {
  const { open, onLost, onBack, signal, delayMs = delay } = options;
  let { query } = options;
  let hasWorked = false;
  let hasEnded = false;
  let isLost = false;
  const onOpen = (node: string): void => {
    if (isLost) onBack(node);
    hasWorked = true;
    isLost = false;
  };
  for (let failureCount = 0; !signal.aborted; ) {
    try {
      for await (const entry of open(query, onOpen)) {
        yield entry;
        query = { ...query, after: entry.sequence };
        failureCount = 0;
        hasEnded = false;
      }
      hasEnded = true;
    } catch (thrown) {
      if (signal.aborted || (hasEnded && isUnknown(thrown))) return;
      if (!isRnpError(thrown) || !thrown.retryable || !hasWorked) throw thrown;
      if (!isLost) onLost(thrown);
      isLost = true;
    }
    failureCount++;
    await pause(delayMs(failureCount), undefined, { signal }).catch(() => {});
  }
}

function isUnknown(thrown: unknown): boolean {
  return isRnpError(thrown) && thrown.code === "NOT_FOUND";
}

/** Somebody sits in front of it: half a minute is too long. */
function delay(failureCount: number): number {
  return Math.min(reconnectDelayMs(failureCount, Math.random()), DELAY_MAX_MS);
}

const DELAY_MAX_MS = 5000;
