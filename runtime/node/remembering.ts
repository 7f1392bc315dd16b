import { dirname } from "node:path";
import { now } from "../net/clock.js";
import { makeFolderDurably, writeDurably } from "./durable-file.js";
import type { Logger } from "./logger.js";
import { ADDRESS_COUNT_MAX, formatted, type Remembered } from "./remembered.js";

export interface RememberingOptions {
  /** The file. */
  readonly path: string;
  /** What an earlier process has left in it. */
  readonly before: Remembered;
  /** The boot epoch of this process. */
  readonly epoch: number;
  /** Where the other members are reached that live. */
  readonly addresses: () => Iterable<string>;
  readonly logger: Logger;
  /** Between two writes. Default 10 s: a node that starts in a large cluster learns of thousands in a moment. */
  readonly intervalMs?: number;
}

/** Keeps on disk where members are reached, so that a node finds its cluster again although all seeds are gone. */
export class Remembering {
  readonly #options: Required<RememberingOptions>;
  /** Those that have gone are kept behind those that live, as long as there is room. */
  #addresses: readonly string[];
  #written: string | undefined;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(options: RememberingOptions) {
    this.#options = { intervalMs: INTERVAL_MS, ...options };
    this.#addresses = options.before.addresses;
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** The epoch is on disk as soon as can be: the next process must have a later one, whatever its clock says. */
  start(): void {
    void this.#write();
  }

  /** Some member came, went or moved. */
  noteChange(): void {
    const dueAt = this.#writtenAt + this.#options.intervalMs;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#writtenAt = now();
        void this.#write();
      },
      Math.max(GATHER_MS, dueAt - now()),
    ).unref();
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#write();
  }

  /** One after the other, each with what is known when it begins. */
  #write(): Promise<void> {
    const write = async () => {
      await this.#writing;
      await this.#writeNow();
    };
    this.#writing = write();
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const { path, epoch, addresses, logger } = this.#options;
    const known = new Set([...addresses(), ...this.#addresses]);
    this.#addresses = [...known].slice(0, ADDRESS_COUNT_MAX);
    const text = formatted({ epoch, addresses: this.#addresses });
    if (text === this.#written) return;
    try {
      await makeFolderDurably(dirname(path));
      await writeDurably(path, Buffer.from(text));
      this.#written = text;
    } catch (error) {
      logger.warn({ path, error }, "the members cannot be remembered");
    }
  }
}

const INTERVAL_MS = 10_000;
/** What changes at once is written at once. */
const GATHER_MS = 200;
