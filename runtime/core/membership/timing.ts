import { PROTOCOL } from "../../../generated/protocol.js";

/**
 * When a node speaks, and when the silence of others means something. All in ms. The `…AfterMs` count from
 * when the member was last heard, in the order in which an inquiry reaches them.
 */
export interface MembershipTiming {
  /** Between two heartbeats to one peer, and the length of the period T′ in which SWIM counts. */
  readonly heartbeatIntervalMs: number;
  /** Silent for this long a member is pinged. */
  readonly lateAfterMs: number;
  /** Then helpers are asked to ping it. */
  readonly indirectAfterMs: number;
  /** Then whoever has not answered counts as having not. */
  readonly noAnswerAfterMs: number;
  /** Then its row becomes SUSPECT. */
  readonly suspectAfterMs: number;
  /** From then on others are told what is believed of it. */
  readonly reportAfterMs: number;
  /** How long a suspicion lasts that others confirm, in a cluster of one. */
  readonly suspicionBaseMs: number;
  /** What each tenfold of members adds to that: news takes longer to reach the suspect and its answer to return. */
  readonly suspicionPerDecadeMs: number;
  /** A suspicion that nobody confirms lasts this many times as long (Lifeguard §IV-B). */
  readonly suspicionFactorMax: number;
  /** Between two members asked in turn although they are not silent; `undefined`: only silence counts. */
  readonly probeIntervalMs: number | undefined;
  readonly announceIntervalMs: number;
  readonly syncIntervalMs: number;
  /** Whether a connection that breaks without a goodbye begins an inquiry at once. */
  readonly inquiresLost: boolean;
}

const { liveness } = PROTOCOL;

/**
 * The timeline of the specification: SUSPECT after 31 s, helpers after 32, DEAD after 36, told after 37.
 * It bears pauses of 30 s and round trips of seconds, and costs one heartbeat per peer and 10 s.
 */
const SPECIFICATION: MembershipTiming = {
  heartbeatIntervalMs: liveness.heartbeat_interval_ms,
  lateAfterMs: liveness.late_after_ms,
  indirectAfterMs: liveness.indirect_ping_after_ms,
  noAnswerAfterMs: liveness.no_answer_after_ms,
  suspectAfterMs: liveness.suspect_after_ms,
  reportAfterMs: liveness.broadcast_after_ms,
  suspicionBaseMs: liveness.dead_after_ms - liveness.suspect_after_ms,
  suspicionPerDecadeMs: 0,
  suspicionFactorMax: 1,
  probeIntervalMs: undefined,
  announceIntervalMs: liveness.announce_interval_ms,
  syncIntervalMs: 60_000,
  inquiresLost: false,
};

/**
 * One data centre: round trips under 50 ms, pauses under 0.5 s without suspicion. From the ping to SUSPECT
 * pass 0.5 s, not the rest of the period as in SWIM §3.1: the first ping comes after one period in the
 * mean, so the first detection after 1.5.
 */
const LAN: MembershipTiming = {
  heartbeatIntervalMs: 1000,
  lateAfterMs: 2600,
  indirectAfterMs: 2800,
  noAnswerAfterMs: 3100,
  suspectAfterMs: 3100,
  reportAfterMs: 3100,
  suspicionBaseMs: 1000,
  suspicionPerDecadeMs: 500,
  suspicionFactorMax: 4,
  probeIntervalMs: 1000,
  announceIntervalMs: 30_000,
  syncIntervalMs: 30_000,
  inquiresLost: true,
};

/** Between continents: round trips up to 400 ms, pauses up to 2.4 s without suspicion. */
const WAN: MembershipTiming = {
  heartbeatIntervalMs: 3000,
  lateAfterMs: 8000,
  indirectAfterMs: 9000,
  noAnswerAfterMs: 10_400,
  suspectAfterMs: 10_400,
  reportAfterMs: 10_400,
  suspicionBaseMs: 5000,
  suspicionPerDecadeMs: 1500,
  suspicionFactorMax: 5,
  probeIntervalMs: 4000,
  announceIntervalMs: 60_000,
  syncIntervalMs: 60_000,
  inquiresLost: true,
};

/** One machine: round trips under 20 ms, pauses under 0.25 s without suspicion. */
const LOCAL: MembershipTiming = {
  heartbeatIntervalMs: 400,
  lateAfterMs: 1200,
  indirectAfterMs: 1320,
  noAnswerAfterMs: 1450,
  suspectAfterMs: 1450,
  reportAfterMs: 1450,
  suspicionBaseMs: 600,
  suspicionPerDecadeMs: 200,
  suspicionFactorMax: 3,
  probeIntervalMs: 400,
  announceIntervalMs: 10_000,
  syncIntervalMs: 10_000,
  inquiresLost: true,
};

export const TIMINGS = { specification: SPECIFICATION, lan: LAN, wan: WAN, local: LOCAL } as const;

export type TimingName = keyof typeof TIMINGS;

/** How long gone members are remembered. A node cut off for longer than this joins anew. */
export const FORGET_AFTER_MS = 24 * 60 * 60 * 1000;

/** A deadline is looked at again after this before it accuses, so that sockets that wait are read first. */
export const LOOK_AGAIN_MS = 20;

/** Who watches a suspect begins an inquiry of its own after a random part of this, lest all ask at once. */
export const CONFIRM_DELAY_MAX_MS = 300;

/** How long a suspicion lasts at least and at most in a cluster of `memberCount`, the own node included. */
export function suspicionMs(
  memberCount: number,
  timing: MembershipTiming,
): { minMs: number; maxMs: number } {
  const decades = Math.log10(Math.max(1, memberCount));
  const minMs = timing.suspicionBaseMs + timing.suspicionPerDecadeMs * decades;
  return { minMs, maxMs: minMs * timing.suspicionFactorMax };
}

/** The same timeline, `factor` times as slow (above 1) or fast: its parts only make sense together. */
export function scaledTiming(factor: number, timing: MembershipTiming): MembershipTiming {
  const { probeIntervalMs } = timing;
  return {
    heartbeatIntervalMs: timing.heartbeatIntervalMs * factor,
    lateAfterMs: timing.lateAfterMs * factor,
    indirectAfterMs: timing.indirectAfterMs * factor,
    noAnswerAfterMs: timing.noAnswerAfterMs * factor,
    suspectAfterMs: timing.suspectAfterMs * factor,
    reportAfterMs: timing.reportAfterMs * factor,
    suspicionBaseMs: timing.suspicionBaseMs * factor,
    suspicionPerDecadeMs: timing.suspicionPerDecadeMs * factor,
    suspicionFactorMax: timing.suspicionFactorMax,
    probeIntervalMs: probeIntervalMs === undefined ? undefined : probeIntervalMs * factor,
    announceIntervalMs: timing.announceIntervalMs * factor,
    syncIntervalMs: timing.syncIntervalMs * factor,
    inquiresLost: timing.inquiresLost,
  };
}

/** Why a timeline cannot work, in words for who configured it; `undefined`: it can. */
export function invalidTiming(timing: MembershipTiming): string | undefined {
  for (const [name, value] of Object.entries(timing)) {
    if (typeof value === "number" && !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      return `${name} is ${value}, but has to be a number from 0`;
    }
  }
  return ORDER.find(([isKept]) => !isKept(timing))?.[1];
}

/** What has to hold between the numbers, each with what is said when it does not. */
const ORDER: readonly [isKept: (timing: MembershipTiming) => boolean, complaint: string][] = [
  [(t) => t.heartbeatIntervalMs > 0, "heartbeatIntervalMs has to be above 0"],
  [(t) => t.probeIntervalMs !== 0, "probeIntervalMs has to be above 0"],
  [(t) => t.announceIntervalMs > 0, "announceIntervalMs has to be above 0"],
  [(t) => t.syncIntervalMs > 0, "syncIntervalMs has to be above 0"],
  [
    (t) => t.lateAfterMs >= 2 * t.heartbeatIntervalMs,
    "lateAfterMs has to be at least twice heartbeatIntervalMs, or one slow heartbeat is silence",
  ],
  [(t) => t.lateAfterMs < t.indirectAfterMs, "indirectAfterMs has to come after lateAfterMs"],
  [
    (t) => t.indirectAfterMs < t.noAnswerAfterMs,
    "noAnswerAfterMs has to come after indirectAfterMs",
  ],
  [(t) => t.lateAfterMs < t.suspectAfterMs, "suspectAfterMs has to come after lateAfterMs"],
  [(t) => t.suspectAfterMs <= t.reportAfterMs, "reportAfterMs must not come before suspectAfterMs"],
  [(t) => t.suspicionFactorMax >= 1, "suspicionFactorMax has to be at least 1"],
  [
    (t) => t.suspectAfterMs + t.suspicionBaseMs >= t.noAnswerAfterMs,
    "suspectAfterMs + suspicionBaseMs must not come before noAnswerAfterMs, or a member is buried before it was asked",
  ],
];
