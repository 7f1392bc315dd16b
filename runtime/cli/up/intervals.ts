import {
  type MembershipTiming,
  PROTOCOL,
  scaledTiming,
  TIMINGS,
  type TimingName,
} from "../../index.js";

/** How much faster than specified `rnp up` lives: within seconds there is something to see. */
const SCALE = 0.1;

const SPECIFIED = TIMINGS.specification;

const STATUS_INTERVAL_MS = PROTOCOL.liveness.resource_status_interval_ms;

/** How often members report their resources to the controller. */
export const STATUS_MS = STATUS_INTERVAL_MS * SCALE;

export interface Interval {
  readonly name: string;
  readonly ms: number;
  readonly specified_ms: number;
}

/** The timeline that all members of `rnp up` use: that of a preset, else the specified one, made shorter. */
export function timingFor(preset: TimingName | undefined): MembershipTiming {
  return preset === undefined ? scaledTiming(SCALE, SPECIFIED) : TIMINGS[preset];
}

/** What differs from the specification, with its values beside. */
export function intervalsOf(timing: MembershipTiming): Interval[] {
  return [
    interval("heartbeat", timing.heartbeatIntervalMs, SPECIFIED.heartbeatIntervalMs),
    interval("announce", timing.announceIntervalMs, SPECIFIED.announceIntervalMs),
    interval("status", STATUS_MS, STATUS_INTERVAL_MS),
    interval("suspect", timing.suspectAfterMs, SPECIFIED.suspectAfterMs),
    interval("dead", deadAfterMs(timing), deadAfterMs(SPECIFIED)),
  ];
}

/** `heartbeat 1 s (specified 10 s), announce 3 s (30 s), …`. */
export function intervalsText(intervals: readonly Interval[]): string {
  return intervals
    .map(({ name, ms, specified_ms }, index) => {
      const specified = `${index === 0 ? "specified " : ""}${specified_ms / 1000} s`;
      return `${name} ${ms / 1000} s (${specified})`;
    })
    .join(", ");
}

/** The same in less than 80 columns: the unit once, and nothing that is as long as another. */
export function shortIntervalsText(intervals: readonly Interval[]): string {
  return intervals
    .filter(({ name }) => name !== "status")
    .map(({ name, ms, specified_ms }, index) => {
      const [unit, word] = index === 0 ? [" s", "specified "] : ["", ""];
      return `${name} ${ms / 1000}${unit} (${word}${specified_ms / 1000})`;
    })
    .join(", ");
}

/** At the earliest: who finds more accusers than it needs buries then. */
function deadAfterMs({ suspectAfterMs, suspicionBaseMs }: MembershipTiming): number {
  return suspectAfterMs + suspicionBaseMs;
}

function interval(name: string, ms: number, specified_ms: number): Interval {
  return { name, ms: Math.round(ms), specified_ms };
}
