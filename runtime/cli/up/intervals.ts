import { type MembershipTiming, PROTOCOL, scaledTiming, TIMINGS } from "../../index.js";

/** How much faster than specified `rnp up` lives: within seconds there is something to see. */
const SCALE = 0.1;

const SPECIFIED = TIMINGS.specification;

const STATUS_INTERVAL_MS = PROTOCOL.liveness.resource_status_interval_ms;

/** The timeline that all members of `rnp up` use. */
export const TIMING: MembershipTiming = scaledTiming(SCALE, SPECIFIED);

/** How often members report their resources to the controller. */
export const STATUS_MS = STATUS_INTERVAL_MS * SCALE;

export interface Interval {
  readonly name: string;
  readonly ms: number;
  readonly specified_ms: number;
}

/** What was shortened, with the values of the specification beside. */
export const INTERVALS: readonly Interval[] = [
  interval("heartbeat", TIMING.heartbeatIntervalMs, SPECIFIED.heartbeatIntervalMs),
  interval("announce", TIMING.announceIntervalMs, SPECIFIED.announceIntervalMs),
  interval("status", STATUS_MS, STATUS_INTERVAL_MS),
  interval("suspect", TIMING.suspectAfterMs, SPECIFIED.suspectAfterMs),
  interval("dead", deadAfterMs(TIMING), deadAfterMs(SPECIFIED)),
];

/** `heartbeat 1 s (specified 10 s), announce 3 s (30 s), …`. */
export function intervalsText(): string {
  return INTERVALS.map(({ name, ms, specified_ms }, index) => {
    const specified = `${index === 0 ? "specified " : ""}${specified_ms / 1000} s`;
    return `${name} ${ms / 1000} s (${specified})`;
  }).join(", ");
}

/** The same in less than 80 columns: the unit once, and nothing that is as long as another. */
export function shortIntervalsText(): string {
  return INTERVALS.filter(({ name }) => name !== "status")
    .map(({ name, ms, specified_ms }, index) => {
      const [unit, word] = index === 0 ? [" s", "specified "] : ["", ""];
      return `${name} ${ms / 1000}${unit} (${word}${specified_ms / 1000})`;
    })
    .join(", ");
}

function deadAfterMs({ suspectAfterMs, suspicionBaseMs }: MembershipTiming): number {
  return suspectAfterMs + suspicionBaseMs;
}

function interval(name: string, ms: number, specified_ms: number): Interval {
  return { name, ms: Math.round(ms), specified_ms };
}
