import { type FileHandle, open, readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { LineBatch } from "./line-queue.js";
import { type LogLine, parseLine } from "./log-line.js";

export interface LogFilesOptions {
  readonly folder: string;
  /** No file grows past this, in bytes; a longer line has a file of its own. */
  readonly fileSizeMax: number;
  /** When there is one more, the oldest is removed. */
  readonly fileCountMax: number;
}

/** Where a reader is: in the file whose first line has the number `file`, `offset` bytes in. */
export interface LogPosition {
  readonly file: number;
  readonly offset: number;
}

/**
 * The files of one log, `output.N.log`, where N is the number of the first line in it. A file is never
 * renamed, so a reader knows where it was, and finds the next one by its number if that is gone.
 *
 * One writer, any number of readers, all in this process: readers see what has been written whole.
 */
export class LogFiles {
  readonly #options: LogFilesOptions;
  /** The oldest first; none is empty. */
  readonly #files: LogFile[];
  /** Of the newest file. `undefined`: the next line begins a new one, or the newest is not open. */
  #handle: FileHandle | undefined;
  #last: number;
  #isTorn = false;

  private constructor(options: LogFilesOptions, files: LogFile[], last: number) {
    this.#options = options;
    this.#files = files;
    this.#last = last;
  }

  /** Finds what an earlier life wrote. A last line that a crash tore is taken away. */
  static async open(options: LogFilesOptions): Promise<LogFiles> {
    const files: LogFile[] = [];
    for (const name of await readdir(options.folder)) {
      const first = Number(/^output\.([1-9]\d{0,15})\.log$/.exec(name)?.[1]);
      if (Number.isNaN(first)) continue;
      const { size } = await stat(join(options.folder, name));
      if (size > 0) files.push({ first, size });
    }
    files.sort((a, b) => a.first - b.first);
    const newest = files.at(-1);
    if (newest === undefined) return new LogFiles(options, files, 0);
    const path = join(options.folder, nameOf(newest.first));
    const { size, last } = await endOf(path, newest.size);
    if (size < newest.size) await truncate(path, size);
    newest.size = size;
    return new LogFiles(options, files, last ?? newest.first - 1);
  }

  /** The number of the first line that is kept; one more than `last` when there is none. */
  get first(): number {
    return this.#files[0]?.first ?? this.#last + 1;
  }

  /** The number of the last line that was written; 0 when there has been none. */
  get last(): number {
    return this.#last;
  }

  /** Writes lines. When it rejects they are lost, and the next ones begin a new file. */
  async append({ first, last, bytes }: LineBatch): Promise<void> {
    try {
      const file = await this.#fileFor(first, bytes.length);
      await this.#handle!.appendFile(bytes);
      file.size += bytes.length;
      this.#last = last;
      if (this.#files.at(-1) !== file) this.#files.push(file);
    } catch (error) {
      // What is in the file now is not known: part of a line, perhaps.
      this.#isTorn = true;
      await this.close().catch(() => {});
      throw error;
    }
    await this.#removeExcess();
  }

  /**
   * Reads on from a position: the lines that follow, and the position behind them. `undefined` when there
   * are none yet. Of what was removed meanwhile nothing is said; the numbers of the lines tell.
   */
  async read({ file, offset }: LogPosition): Promise<LogPiece | undefined> {
    const next = this.#files.find(
      ({ first, size }) => first > file || (first === file && size > offset),
    );
    if (next === undefined) return undefined;
    const { first, size } = next;
    const piece = await readPiece(this.#pathOf(first), first === file ? offset : 0, size);
    return { lines: piece.lines, position: { file: first, offset: piece.offset } };
  }

  /** Where to read from for the line `sequence`. Lines before it may come first. */
  positionOf(sequence: number): LogPosition {
    const file = this.#files.findLast(({ first }) => first <= sequence);
    return { file: file?.first ?? 0, offset: 0 };
  }

  /** Lets go of the file. Writing opens it again. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #fileFor(first: number, size: number): Promise<LogFile> {
    const newest = this.#files.at(-1);
    const hasRoom = newest !== undefined && newest.size + size <= this.#options.fileSizeMax;
    const file = hasRoom && !this.#isTorn ? newest : { first, size: 0 };
    if (file !== newest) await this.close();
    // "w" where it is new: a file of that name is left from a write that failed.
    this.#handle ??= await open(this.#pathOf(file.first), file === newest ? "a" : "w", 0o600);
    this.#isTorn = false;
    return file;
  }

  async #removeExcess(): Promise<void> {
    while (this.#files.length > this.#options.fileCountMax) {
      const { first } = this.#files.shift()!;
      await rm(this.#pathOf(first), { force: true });
    }
  }

  #pathOf(first: number): string {
    return join(this.#options.folder, nameOf(first));
  }
}

interface LogFile {
  /** The number of its first line. */
  readonly first: number;
  /** Of what has been written whole, in bytes. */
  size: number;
}

interface LogPiece {
  readonly lines: readonly LogLine[];
  readonly position: LogPosition;
}

function nameOf(first: number): string {
  return `output.${first}.log`;
}

/**
 * The whole lines within `PIECE_SIZE` bytes. The file is opened for each piece, so that a slow reader does
 * not keep a removed one on the disk.
 */
async function readPiece(path: string, start: number, end: number) {
  const bytes = await readRange(path, start, Math.min(end, start + PIECE_SIZE));
  const length = bytes.lastIndexOf(LINE_FEED) + 1;
  // No line is as long as a piece: the file is gone, or somebody else wrote into it.
  if (length === 0) return { lines: [], offset: end };
  const lines = bytes.toString("utf8", 0, length - 1).split("\n");
  return { lines: lines.flatMap((line) => parseLine(line) ?? []), offset: start + length };
}

/** Where the last whole line ends, and its number, where one is there. */
async function endOf(path: string, size: number): Promise<{ size: number; last?: number }> {
  const start = Math.max(0, size - PIECE_SIZE);
  const bytes = await readRange(path, start, size);
  const length = bytes.lastIndexOf(LINE_FEED) + 1;
  const lines = bytes.toString("utf8", 0, length).split("\n");
  const last = lines.findLast((line) => parseLine(line) !== undefined);
  const end = start + length;
  return last === undefined ? { size: end } : { size: end, last: parseLine(last)!.sequence };
}

/** Nothing where the file was removed. */
async function readRange(path: string, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  try {
    await using file = await open(path, "r");
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return bytes.subarray(0, 0);
    throw error;
  }
}

/** Holds a line of the greatest length in UTF-8 twice. */
const PIECE_SIZE = 65_536;
const LINE_FEED = 10;
