import type { DisseminationName } from "../../../../runtime/core/membership/contract.js";
import {
  suspicionMs,
  TIMINGS,
  type TimingName,
} from "../../../../runtime/core/membership/timing.js";
import type { Strictness } from "../check/all-rules.js";

export interface Setting {
  readonly count: number;
  readonly preset: TimingName;
  readonly dissemination: DisseminationName | "auto";
}

/**
 * Connections in an epidemic: to 4 neighbours of its own choice and 12 that chose it, and to 3 helpers of each that
 * may have asked it on their behalf, as long as those are not idle for long enough to end.
 */
const CONNECTION_COUNT_MAX = 16 + 3 * 16;

/** How strict the rules are with a cluster of so many. */
export function strictnessOf({ count, preset, dissemination }: Setting): Strictness {
  const timing = TIMINGS[preset];
  const { minMs, maxMs } = suspicionMs(count, timing);
  const suspectMs = Math.max(timing.suspectAfterMs, timing.noAnswerAfterMs);
  return {
    graceMs: 10 * timing.heartbeatIntervalMs,
    deadWithinMs: suspectMs + (minMs + maxMs) / 2 + timing.heartbeatIntervalMs,
    humbleMs: 2 * timing.heartbeatIntervalMs,
    connectionCountMax:
      dissemination === "epidemic" ? CONNECTION_COUNT_MAX : Number.POSITIVE_INFINITY,
    rumourFactor: 4,
    forgottenAfterMs: 25 * 3_600_000,
    pendingCountMax: 32,
  };
}
