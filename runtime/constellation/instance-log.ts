import { type FileHandle, open, rename } from "node:fs/promises";
import { Writable } from "node:stream";
import type { Logger } from "../index.js";

export interface InstanceLogOptions {
  readonly path: string;
  /** The file is rotated before it grows past this; the disk holds twice as much at most. */
  readonly sizeMax: number;
  readonly logger: Logger;
}

/**
 * Where an instance's output goes: a file that is rotated to `PATH.1` when it is full, so that a chatty
 * instance cannot fill the disk.
 *
 * A disk that refuses (full, read-only) is reported once, and output is dropped from then on: an instance
 * must not hang in a write because nobody can keep what it says.
 */
export class InstanceLog extends Writable {
  readonly #options: InstanceLogOptions;
  #file: FileHandle | undefined;
  #size = 0;
  #isBroken = false;

  constructor(options: InstanceLogOptions) {
    super();
    this.#options = options;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#append(chunk)
      .catch((error: unknown) => this.#report(error))
      .finally(done);
  }

  override _final(done: () => void): void {
    this.#close()
      .catch((error: unknown) => this.#report(error))
      .finally(done);
  }

  async #append(chunk: Buffer): Promise<void> {
    if (this.#isBroken) return;
    if (this.#file !== undefined && this.#size + chunk.length > this.#options.sizeMax) {
      await this.#close();
      await rename(this.#options.path, `${this.#options.path}.1`);
    }
    this.#file ??= await this.#open();
    await this.#file.appendFile(chunk);
    this.#size += chunk.length;
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.#options.path, "a", 0o600);
    this.#size = (await file.stat()).size;
    return file;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #report(error: unknown): void {
    const { logger, path } = this.#options;
    if (!this.#isBroken) logger.error({ error, path }, "an instance's output cannot be kept");
    this.#isBroken = true;
  }
}
