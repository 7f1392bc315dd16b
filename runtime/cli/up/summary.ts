import { counted, formatMs, table } from "../print.js";
import type { TypeTraffic } from "./traffic.js";

/** What `rnp up` has achieved, counted over all of its members and their whole life. */
export interface Totals {
  /** The most that the controller saw alive at once. */
  readonly members: number;
  readonly pings: number;
  readonly instances_started: number;
  readonly instances_moved: number;
  /** Each answered by the instance that was meant, which had counted all before it. */
  readonly service_calls: number;
  /** Lines that an instance printed and another member read. */
  readonly output_lines: number;
  /** Of how busy a node and its instances are. */
  readonly metric_samples: number;
  readonly files_written: number;
  /** Through the mesh, by another member than the writer, with the right SHA-256. */
  readonly files_read: number;
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
  /** What cannot be done with so few nodes. */
  readonly left_out: readonly string[];
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
  readonly leftOut: readonly string[];
  readonly durationMs: number;
}

export function summaryOf(
  totals: Totals,
  traffic: readonly TypeTraffic[],
  { isComplete, problems, leftOut, durationMs }: Outcome,
): Summary {
  const messages = Object.fromEntries(
    traffic.map(({ type, sent, received, p50Ms, p99Ms }) => {
      return [type, { sent, received, p50_ms: rounded(p50Ms), p99_ms: rounded(p99Ms) }];
    }),
  );
  const seconds = Math.round(durationMs / 100) / 10;
  const judgement = { ok: problems.length === 0, complete: isComplete, problems };
  return { event: "summary", ...judgement, left_out: leftOut, seconds, ...totals, messages };
}

/** The summary for people, several lines. */
export function summaryText(summary: Summary): string {
  const rows = Object.entries(summary.messages)
    .filter(([, { sent, received }]) => sent + received > 0)
    .map(([type, { sent, received, p50_ms, p99_ms }]) => {
      return [type, String(sent), String(received), inMs(p50_ms), inMs(p99_ms)];
    });
  const problems = summary.problems.map((text) => `PROBLEM: ${text}`);
  const verdict = summary.complete
    ? "Everything that should have happened did; nothing is left behind."
    : "It was stopped before everything was done; nothing is left behind.";
  return [
    "",
    table(["MESSAGE", "SENT", "RECEIVED", "P50", "P99"], rows),
    "",
    ...achievedLines(summary),
    ...summary.left_out.map((text) => `Left out: ${text}.`),
    ...(summary.ok ? [verdict] : ["", ...problems]),
  ]
    .join("\n")
    .trimEnd();
}

function achievedLines(summary: Summary): string[] {
  const { members, pings, instances_started, instances_moved, service_calls } = summary;
  const instance = [
    counted(instances_started, "instance"),
    counted(instances_moved, "move"),
    counted(service_calls, "service call"),
    `${counted(summary.output_lines, "line")} of output followed`,
    `${counted(summary.metric_samples, "sample")} of load`,
  ];
  const files = [
    counted(summary.files_written, "file"),
    `${summary.files_read} read back`,
    `${counted(summary.replicas_verified, "replica")} verified by SHA-256`,
  ];
  return [
    `In ${summary.seconds} s: ${counted(members, "member")}, ${counted(pings, "ping")},`,
    `${instance.join(", ")},`,
    `${files.join(", ")}.`,
  ];
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
