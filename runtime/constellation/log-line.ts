import type { InstanceOutput } from "../index.js";

/** One line that an instance printed. */
export interface LogLine {
  /** Counts the lines of the instance, both outputs together, from 1. */
  readonly sequence: number;
  /** When it was read, in Unix time in ms. */
  readonly timestamp: number;
  readonly output: InstanceOutput;
  readonly text: string;
  /** Whether the line was too long and goes on in the next one of the same output. */
  readonly isContinued: boolean;
}

/**
 * A line as it stands in a file, for programs and for people: `17 2024-01-12T16:00:00.000Z stdout F text`,
 * with `P` (a part) in place of `F` (full) where it goes on. The last two as in the logs of Kubernetes.
 */
export function formatLine({ sequence, timestamp, output, text, isContinued }: LogLine): string {
  return `${sequence} ${isoTime(timestamp)} ${output} ${isContinued ? "P" : "F"} ${text}\n`;
}

/** Reads what `formatLine` wrote, without the line feed. `undefined`: it is something else. */
export function parseLine(line: string): LogLine | undefined {
  const [, sequence, time, output, part, text] = FORM.exec(line) ?? [];
  if (sequence === undefined || time === undefined || text === undefined) return undefined;
  const timestamp = Date.parse(time);
  if (Number.isNaN(timestamp)) return undefined;
  return {
    sequence: Number(sequence),
    timestamp,
    output: output as InstanceOutput,
    text,
    isContinued: part === "P",
  };
}

/** Many lines are read in one millisecond, and writing a date costs more than the rest of a line. */
let latest = { timestamp: Number.NaN, text: "" };

function isoTime(timestamp: number): string {
  if (latest.timestamp !== timestamp) {
    latest = { timestamp, text: new Date(timestamp).toISOString() };
  }
  return latest.text;
}

const FORM = /^([1-9]\d{0,15}) (\d{4}-\S{18}Z) (stdout|stderr) ([FP]) (.*)$/s;
