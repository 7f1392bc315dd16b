import { setTimeout as sleep } from "node:timers/promises";
import {
  type InstanceChunk,
  type InstanceCreate,
  type InstanceTransfer,
  isRnpError,
  type Logger,
  RnpError,
} from "../index.js";
import type { ArrivingInstance } from "./arriving-instance.js";
import { patiently } from "./patiently.js";

export interface PullOptions {
  readonly instanceId: string;
  /** Asks the node that the instance is on. */
  readonly transfer: (
    request: InstanceTransfer,
    limits: { signal: AbortSignal },
  ) => AsyncIterable<InstanceChunk>;
  /** An empty place to put it together. */
  readonly arrive: () => Promise<ArrivingInstance>;
  /** How far it is. */
  readonly onProgress: (bytes: number, totalBytes: number) => void;
  /** Called with what the instance was created with, before its files are read; rejects to refuse it. */
  readonly onCreate: (create: InstanceCreate) => Promise<void>;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** How long the next piece may take before the transfer is begun again. Default 30 s. */
  readonly pieceTimeoutMs?: number;
  /** Attempts in a row that bring nothing. Default 10: some 20 seconds on average. */
  readonly attemptCountMax?: number;
}

/**
 * Reads an instance from the node that it is on. A connection that breaks is no end: it goes on after the last
 * piece that was verified. Where the files have changed it begins anew, at most `RESTART_COUNT_MAX` times.
 * What it leaves when it fails is removed.
 *
 * @throws RnpError what the other node refuses with; the last error when nothing comes any more; what
 *   `ArrivingInstance.add` throws; `CANCELLED`
 */
export async function pullInstance(options: PullOptions): Promise<ArrivingInstance> {
  const { arrive, attemptCountMax = 10, signal, logger, instanceId } = options;
  let arriving = await arrive();
  let failureCount = 0;
  let restartCount = 0;
  try {
    for (;;) {
      const before = arriving.offset;
      try {
        await readOn(arriving, options);
        return arriving;
      } catch (error) {
        if (signal.aborted) throw givenUp(instanceId, signal.reason);
        if (isConflict(error) && restartCount < RESTART_COUNT_MAX) {
          restartCount += 1;
          await arriving.discard();
          arriving = await arrive();
        } else if (!isRnpError(error) || !error.retryable) {
          throw error;
        }
        failureCount = arriving.offset > before ? 1 : failureCount + 1;
        if (failureCount > attemptCountMax) throw error;
        const { offset, totalBytes } = arriving;
        logger.info({ instance_id: instanceId, offset, totalBytes, error }, "a transfer goes on");
        await pause(failureCount, options);
      }
    }
  } catch (error) {
    await arriving.discard();
    throw error;
  }
}

async function readOn(arriving: ArrivingInstance, options: PullOptions): Promise<void> {
  const { instanceId, transfer, onProgress, onCreate, pieceTimeoutMs = 30_000, signal } = options;
  const { snapshot, offset } = arriving;
  const place = snapshot === undefined ? {} : { snapshot, offset };
  const request = { instance_id: instanceId, ...place };
  const open = (limits: { signal: AbortSignal }) => transfer(request, limits);
  for await (const chunk of patiently(open, pieceTimeoutMs, signal)) {
    const isNew = arriving.create === undefined;
    await arriving.add(chunk);
    if (isNew && arriving.create !== undefined) await onCreate(arriving.create);
    onProgress(arriving.offset, arriving.totalBytes);
  }
  // Only now: the other side has looked once more whether anything changed meanwhile.
  await arriving.complete();
}

/** With full jitter, so that those who wait for one node do not all come back at once. */
async function pause(failureCount: number, { random, signal, instanceId }: PullOptions) {
  const ms = random() * Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** failureCount);
  await sleep(ms, undefined, { signal }).catch((cause: unknown) => {
    throw givenUp(instanceId, cause);
  });
}

function isConflict(error: unknown): boolean {
  return isRnpError(error) && error.code === "CONFLICT";
}

function givenUp(id: string, cause: unknown): RnpError {
  return new RnpError("CANCELLED", `the move of instance ${id} was given up`, { cause });
}

const RESTART_COUNT_MAX = 3;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 5000;
