import { PROTOCOL } from "../../generated/protocol.js";

/** When a node speaks, and when its silence means something. All in ms, silence since it was last heard. */
export interface LivenessTiming {
  /** Between two heartbeats. */
  readonly heartbeatIntervalMs: number;
  /** Between two announcements. */
  readonly announceIntervalMs: number;
  readonly suspectAfterMs: number;
  readonly deadAfterMs: number;
  /** When the death is told to all others. */
  readonly reportAfterMs: number;
}

/** The timeline of the specification. */
export const LIVENESS: LivenessTiming = {
  heartbeatIntervalMs: PROTOCOL.liveness.heartbeat_interval_ms,
  announceIntervalMs: PROTOCOL.liveness.announce_interval_ms,
  suspectAfterMs: PROTOCOL.liveness.suspect_after_ms,
  deadAfterMs: PROTOCOL.liveness.dead_after_ms,
  reportAfterMs: PROTOCOL.liveness.broadcast_after_ms,
};

/** The same timeline, `factor` times as fast or slow: its parts only make sense together. */
export function scaledLiveness(factor: number, timing: LivenessTiming = LIVENESS): LivenessTiming {
  return {
    heartbeatIntervalMs: timing.heartbeatIntervalMs * factor,
    announceIntervalMs: timing.announceIntervalMs * factor,
    suspectAfterMs: timing.suspectAfterMs * factor,
    deadAfterMs: timing.deadAfterMs * factor,
    reportAfterMs: timing.reportAfterMs * factor,
  };
}
