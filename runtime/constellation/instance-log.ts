import type { InstanceOutput, Logger } from "../index.js";
import { LineQueue } from "./line-queue.js";
import { LineSplitter } from "./line-splitter.js";
import { LogFiles, type LogFilesOptions, type LogPosition } from "./log-files.js";
import { formatLine } from "./log-line.js";

export interface InstanceLogOptions extends LogFilesOptions {
  readonly logger: Logger;
  /** What may wait for the disk, in characters. Default 4 Mi: one read full of empty lines fits. */
  readonly waitingSizeMax?: number;
}

/**
 * What one instance prints, over all its lives: numbered line by line, kept in files of a bounded size.
 *
 * Taking output never waits. What the disk does not take in time is dropped, the oldest first, and a disk
 * that refuses (full, read-only) is tried again with the next lines. Either is logged once, and readers
 * see it by the numbers: a dropped line has one as well.
 *
 * Readers get a line after it was written and no sooner, so that its number means the same line for ever,
 * also after a crash of the agent.
 */
export class InstanceLog {
  readonly #options: InstanceLogOptions;
  readonly #files: LogFiles;
  readonly #queue: LineQueue;
  readonly #splitters: { readonly [Output in InstanceOutput]: LineSplitter };
  readonly #waiting = new Set<() => void>();
  #sequence: number;
  #writing: Promise<void> | undefined;
  #isLosing = false;
  #isRemoved = false;

  private constructor(options: InstanceLogOptions, files: LogFiles) {
    this.#options = options;
    this.#files = files;
    this.#sequence = files.last;
    this.#queue = new LineQueue(options.waitingSizeMax ?? WAITING_SIZE_MAX);
    const splitter = (output: InstanceOutput) =>
      new LineSplitter((text, isContinued) => this.#add(output, text, isContinued));
    this.#splitters = { stdout: splitter("stdout"), stderr: splitter("stderr") };
  }

  /** Goes on where the files in the folder end. The folder has to be there. */
  static async open(options: InstanceLogOptions): Promise<InstanceLog> {
    return new InstanceLog(options, await LogFiles.open(options));
  }

  /** The number of the first line that can be read; one more than `last` when there is none. */
  get first(): number {
    return this.#files.first;
  }

  /** The number of the last line that can be read; 0 when there is none. */
  get last(): number {
    return this.#files.last;
  }

  /** Nothing comes any more: the files are gone, or about to be. */
  get isRemoved(): boolean {
    return this.#isRemoved;
  }

  /** Takes what the instance printed. */
  write(output: InstanceOutput, chunk: Buffer): void {
    this.#splitters[output].write(chunk);
  }

  /** The instance has ended. Settles when its last words are on the disk, or the disk refused them. */
  async end(): Promise<void> {
    for (const splitter of Object.values(this.#splitters)) splitter.end();
    await this.#writing;
    await this.#files.close().catch((error: unknown) => this.#reportLoss({ error }));
  }

  /** See `LogFiles`. */
  read(position: LogPosition): ReturnType<LogFiles["read"]> {
    return this.#files.read(position);
  }

  positionOf(sequence: number): LogPosition {
    return this.#files.positionOf(sequence);
  }

  /** Settles when there is more than `last` to read, when the log is removed, or when `signal` aborts. */
  async changed(last: number, signal: AbortSignal): Promise<void> {
    if (this.last !== last || this.#isRemoved || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        this.#waiting.delete(settle);
        signal.removeEventListener("abort", settle);
        resolve();
      };
      this.#waiting.add(settle);
      signal.addEventListener("abort", settle, { once: true });
    });
  }

  /** Its files are about to be removed: all readers come to an end. */
  remove(): void {
    this.#isRemoved = true;
    this.#wakeReaders();
  }

  #add(output: InstanceOutput, text: string, isContinued: boolean): void {
    const sequence = ++this.#sequence;
    const line = formatLine({ sequence, timestamp: Date.now(), output, text, isContinued });
    const dropped = this.#queue.push(sequence, line);
    if (dropped > 0) this.#reportLoss({});
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    // All lines of one read of the pipe go in one write.
    await Promise.resolve();
    while (this.#queue.count > 0) {
      const batch = this.#queue.take(Math.min(this.#options.fileSizeMax, BATCH_SIZE_MAX));
      try {
        await this.#files.append(batch);
        if (this.#queue.count === 0) this.#isLosing = false;
      } catch (error) {
        this.#reportLoss({ error });
      }
      this.#wakeReaders();
    }
    this.#writing = undefined;
  }

  #reportLoss(fields: { readonly error?: unknown }): void {
    const { logger, folder } = this.#options;
    if (!this.#isLosing) logger.error({ ...fields, folder }, "an instance's output is being lost");
    this.#isLosing = true;
  }

  #wakeReaders(): void {
    for (const settle of [...this.#waiting]) settle();
  }
}

const WAITING_SIZE_MAX = 4 * 1024 ** 2;
/** Enough that the cost of a write does not count, and little beside what may wait. */
const BATCH_SIZE_MAX = 256 * 1024;
