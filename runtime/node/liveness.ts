import {
  invalidTiming,
  type MembershipTiming,
  TIMINGS,
  type TimingName,
} from "../core/membership/timing.js";

/**
 * When a node speaks, and what the silence of others means: the name of a preset, or single numbers in place of
 * those of one, `specification` unless it is named. Between nodes of one cluster it may differ: each promises
 * its heartbeats as it sends them.
 */
export type Liveness = TimingName | LivenessNumbers;

export interface LivenessNumbers extends Partial<MembershipTiming> {
  readonly preset?: TimingName;
}

/**
 * The numbers that a node goes by.
 *
 * @throws RangeError where they do not go together, or there is no such preset; it names the field
 */
export function timingOf(liveness: Liveness = "specification"): MembershipTiming {
  const named = typeof liveness === "string" ? { preset: liveness } : liveness;
  const { preset = "specification", ...numbers } = named;
  if (!Object.hasOwn(TIMINGS, preset)) {
    const known = Object.keys(TIMINGS).join(", ");
    throw new RangeError(`liveness: ${preset} is no preset; expected one of ${known}`);
  }
  const timing = { ...TIMINGS[preset], ...numbers };
  const complaint = invalidTiming(timing);
  if (complaint !== undefined) throw new RangeError(`liveness: ${complaint}`);
  return timing;
}
