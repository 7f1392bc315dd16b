import type { InstanceOutput, LogSubscribe } from "../index.js";
import type { InstanceLog } from "./instance-log.js";
import type { LogPosition } from "./log-files.js";
import type { LogLine } from "./log-line.js";

/** A line, and how many right before it are gone for this reader. */
export interface ReadLine extends LogLine {
  readonly missed: number;
}

/**
 * The lines that a `log.subscribe` asks for. A reader holds the piece of the file that it is in, whatever
 * its speed; one that is so slow that lines were removed before it came to them is told how many.
 *
 * It ends when all is read and not followed, or when the log is removed.
 *
 * @throws the reason of `signal` when that aborts
 */
export async function* readLog(
  log: InstanceLog,
  query: Omit<LogSubscribe, "instance_id">,
  signal: AbortSignal,
): AsyncGenerator<ReadLine, void> {
  const { follow = true, last = LAST_DEFAULT } = query;
  const newest = log.last;
  const { reader, earlier } = await begin(log, query, { newest, last, signal });
  yield* earlier;
  for (;;) {
    const known = log.last;
    const line = await reader.next(follow ? Number.POSITIVE_INFINITY : newest);
    signal.throwIfAborted();
    if (line !== undefined) yield line;
    else if (!follow || log.isRemoved) return;
    else await log.changed(known, signal);
  }
}

interface Beginning {
  readonly newest: number;
  readonly last: number;
  readonly signal: AbortSignal;
}

/** A reader for what comes, and what the reader wants to see of before. */
async function begin(
  log: InstanceLog,
  query: Omit<LogSubscribe, "instance_id">,
  { newest, last, signal }: Beginning,
): Promise<{ reader: LogReader; earlier: readonly ReadLine[] }> {
  const { after, contains, output } = query;
  if (after !== undefined) {
    // A log that does not reach so far is another one, of which this reader has seen nothing.
    const from = after > newest ? log.first : after + 1;
    return { reader: new LogReader(log, query, from), earlier: [] };
  }
  if (contains === undefined && output === undefined) {
    const from = Math.max(newest - last + 1, log.first);
    return { reader: new LogReader(log, query, from), earlier: [] };
  }
  if (last === 0) return { reader: new LogReader(log, query, newest + 1), earlier: [] };
  const reader = new LogReader(log, query, log.first);
  const earlier: ReadLine[] = [];
  for (let line = await reader.next(newest); line; line = await reader.next(newest)) {
    signal.throwIfAborted();
    earlier.push(line);
    if (earlier.length >= last * 2) earlier.splice(0, earlier.length - last);
  }
  return { reader, earlier: earlier.slice(-last) };
}

/** Goes through a log, from one number on, and picks the lines that satisfy a filter. */
class LogReader {
  readonly #log: InstanceLog;
  readonly #contains: string;
  readonly #output: InstanceOutput | undefined;
  #position: LogPosition;
  /** What was read of the file and not yet given. */
  #lines: readonly LogLine[] = [];
  #index = 0;
  /** The number of the line that comes next unless it is lost. */
  #expected: number;
  #missed = 0;

  constructor(
    log: InstanceLog,
    { contains = "", output }: Pick<LogSubscribe, "contains" | "output">,
    from: number,
  ) {
    this.#log = log;
    this.#contains = contains;
    this.#output = output;
    this.#position = log.positionOf(from);
    this.#expected = from;
  }

  /** The next line, up to the one with the number `newest`. `undefined`: there is none yet. */
  async next(newest: number): Promise<ReadLine | undefined> {
    for (;;) {
      const line = this.#lines[this.#index];
      if (line === undefined) {
        if (!(await this.#readOn())) return undefined;
        continue;
      }
      if (line.sequence > newest) return undefined;
      this.#index++;
      if (line.sequence < this.#expected) continue;
      this.#missed += line.sequence - this.#expected;
      this.#expected = line.sequence + 1;
      if (!this.#isWanted(line)) continue;
      const missed = this.#missed;
      this.#missed = 0;
      return { ...line, missed };
    }
  }

  async #readOn(): Promise<boolean> {
    const piece = await this.#log.read(this.#position);
    if (piece === undefined) return false;
    this.#lines = piece.lines;
    this.#index = 0;
    this.#position = piece.position;
    return true;
  }

  #isWanted({ output, text }: LogLine): boolean {
    return (this.#output === undefined || output === this.#output) && text.includes(this.#contains);
  }
}

const LAST_DEFAULT = 10;
