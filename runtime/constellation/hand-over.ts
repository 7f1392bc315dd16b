import { setTimeout as sleep } from "node:timers/promises";
import type { InstanceProgress } from "../index.js";
import { isRnpError, type Logger, RnpError } from "../index.js";

/** What became of the instances of a node that leaves. */
export interface HandOverReport {
  /** Those that run at the other node now. */
  readonly moved: readonly string[];
  /** Those that do not, and why. */
  readonly failed: readonly { readonly instance_id: string; readonly error: unknown }[];
}

export interface HandOverOptions {
  readonly instanceIds: readonly string[];
  /** Orders the other node to take an instance over. */
  readonly order: (instanceId: string, signal: AbortSignal) => AsyncIterable<InstanceProgress>;
  /** Tells the other node what it has not taken yet, for it to come for that by itself. */
  readonly announce: (instanceIds: readonly string[]) => Promise<void>;
  /** `held`: the other node reads it, or has not confirmed yet that it has it. */
  readonly placeOf: (instanceId: string) => "running" | "held" | "gone";
  readonly onProgress: (progress: InstanceProgress) => void;
  readonly logger: Logger;
  /** Ends it: what has not moved by then stays. */
  readonly signal: AbortSignal;
}

/** Hands instances over, two at a time, trying again what may succeed yet, until `signal` ends it. */
export async function handOver(options: HandOverOptions): Promise<HandOverReport> {
  const { instanceIds, logger, signal } = options;
  const waiting = [...instanceIds];
  const moved: string[] = [];
  const failed: { instance_id: string; error: unknown }[] = [];
  const moveRest = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        if (signal.aborted) throw tooLate(signal.reason);
        await moveOne(id, options);
        moved.push(id);
      } catch (error) {
        logger.warn({ instance_id: id, error }, "an instance could not be handed over");
        failed.push({ instance_id: id, error });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, moveRest));
  const late = await leaveRest(failed, options);
  return {
    moved: [...moved, ...late],
    failed: failed.filter((each) => !late.includes(each.instance_id)),
  };
}

/** What could not be ordered is announced, and the other node given some time to begin with it. */
async function leaveRest(
  failed: readonly { readonly instance_id: string }[],
  { announce, placeOf, logger, signal }: HandOverOptions,
): Promise<string[]> {
  const ids = failed.map(({ instance_id }) => instance_id);
  if (ids.length === 0 || signal.aborted) return [];
  await announce(ids).catch((error: unknown) => {
    logger.warn({ error }, "the node that takes over cannot be told of what is left");
  });
  let quietMs = 0;
  while (quietMs < QUIET_MS && !signal.aborted && ids.some((id) => placeOf(id) !== "gone")) {
    quietMs = ids.some((id) => placeOf(id) === "held") ? 0 : quietMs + POLL_MS;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
  return ids.filter((id) => placeOf(id) === "gone");
}

async function moveOne(id: string, options: HandOverOptions): Promise<void> {
  const { order, onProgress, placeOf, signal } = options;
  for (;;) {
    try {
      for await (const progress of order(id, signal)) onProgress(progress);
      break;
    } catch (error) {
      if (signal.aborted) throw tooLate(error);
      if (!mayYetSucceed(error)) throw error;
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
    }
  }
  // It runs there. What it left here goes with its confirmation, a moment later.
  while (placeOf(id) === "held" && !signal.aborted) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

/** The way there may come back, and those that are arriving there make room. */
function mayYetSucceed(error: unknown): boolean {
  return isRnpError(error) && (error.retryable || error.code === "QUOTA_EXCEEDED");
}

function tooLate(cause: unknown): RnpError {
  return new RnpError("TIMEOUT", "it was not handed over in time", { cause });
}

/** One is read while the other one starts. */
const AT_ONCE = 2;
const PAUSE_MS = 250;
const POLL_MS = 20;
/** How long the other node may take to begin. */
const QUIET_MS = 2000;
