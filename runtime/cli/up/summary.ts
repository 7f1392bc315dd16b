import { counted, formatMs, table } from "../print.js";
import type { TypeTraffic } from "./traffic.js";

/** What `rnp up` has achieved, counted over all of its members and their whole life. */
export interface Totals {
  /** The most that the controller saw alive at once. */
  readonly members: number;
  readonly pings: number;
  readonly instances_started: number;
  readonly service_calls: number;
  readonly files_written: number;
  /** Copies of files whose bytes on a node's disk were read back and have the right SHA-256. */
  readonly replicas_verified: number;
}

/** The last event. */
export interface Summary extends Totals {
  readonly event: "summary";
  /** Nothing went wrong: all that should have happened did, as far as it got. */
  readonly ok: boolean;
  /** It was not stopped before everything had been done at least once. */
  readonly complete: boolean;
  readonly problems: readonly string[];
  readonly seconds: number;
  readonly messages: Readonly<Record<string, MessageSummary>>;
}

/** Round trips of requests and acknowledged messages; of others the age on arrival, in whole ms. */
export interface MessageSummary {
  readonly sent: number;
  readonly received: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
}

export interface Outcome {
  readonly isComplete: boolean;
  readonly problems: readonly string[];
  readonly durationMs: number;
}

export function summaryOf(
  totals: Totals,
  traffic: readonly TypeTraffic[],
  { isComplete, problems, durationMs }: Outcome,
): Summary {
  const messages = Object.fromEntries(
    traffic.map(({ type, sent, received, p50Ms, p99Ms }) => {
      return [type, { sent, received, p50_ms: rounded(p50Ms), p99_ms: rounded(p99Ms) }];
    }),
  );
  const seconds = Math.round(durationMs / 100) / 10;
  const judgement = { ok: problems.length === 0, complete: isComplete, problems };
  return { event: "summary", ...judgement, seconds, ...totals, messages };
}

/** The summary for people, several lines. */
export function summaryText(summary: Summary): string {
  const { members, pings, instances_started, service_calls, files_written } = summary;
  const rows = Object.entries(summary.messages)
    .filter(([, { sent, received }]) => sent + received > 0)
    .map(([type, { sent, received, p50_ms, p99_ms }]) => {
      return [type, String(sent), String(received), inMs(p50_ms), inMs(p99_ms)];
    });
  const achieved = [
    counted(members, "member"),
    counted(instances_started, "instance"),
    counted(service_calls, "service call"),
    counted(pings, "ping"),
  ];
  const replicas = `${counted(summary.replicas_verified, "replica")} verified by SHA-256`;
  const problems = summary.problems.map((text) => `PROBLEM: ${text}`);
  const verdict = summary.complete
    ? "Everything that should have happened did; nothing is left behind."
    : "It was stopped before everything was done; nothing is left behind.";
  return [
    "",
    table(["MESSAGE", "SENT", "RECEIVED", "P50", "P99"], rows),
    "",
    `In ${summary.seconds} s: ${achieved.join(", ")},`,
    `${counted(files_written, "file")}, ${replicas}.`,
    ...(summary.ok ? [verdict] : ["", ...problems]),
  ]
    .join("\n")
    .trimEnd();
}

function inMs(ms: number | null): string {
  if (ms === null) return "-";
  // Ages are whole milliseconds, so below one nothing is known.
  if (ms === 0) return "<1 ms";
  return Number.isInteger(ms) ? `${ms} ms` : formatMs(ms);
}

function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms * 1000) / 1000;
}
