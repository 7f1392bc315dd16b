import {
  ChangedReader,
  compareKeys,
  type KeyReader,
} from "../../runtime/core/delivery/keeping/key-reader.js";
import type {
  DeliveryStore,
  OutboxEntry,
  StoreBatch,
  StoreContent,
  StoreIdentity,
} from "../../runtime/core/delivery/keeping/store.js";
import { RnpError } from "../../runtime/core/error.js";
import type { MemoryDisk } from "./memory-disk.js";

/** What becomes of one `fsync`. */
export interface Fate {
  readonly delayMs: number;
  /** It fails for this reason. */
  readonly failure?: string;
  /** How many of the commits that it was for are on the disk though it failed. Default 0. */
  readonly writtenCount?: number;
}

export interface MemoryStoreOptions {
  /** Asked for each `fsync`. Default: it succeeds at once. */
  readonly fate?: () => Fate;
  /** Default: a microtask where there is no delay, else a timer. A simulator has its own clock. */
  readonly schedule?: (delayMs: number, run: () => void) => void;
}

interface Commit {
  readonly batch: StoreBatch;
  readonly settle: () => void;
  readonly fail: (error: RnpError) => void;
}

/**
 * A store on a `MemoryDisk`, which can be slow, fail and crash. It holds to `DeliveryStore` like the one on a
 * real disk, of which it shares no code.
 */
export class MemoryStore implements DeliveryStore {
  readonly identity: StoreIdentity;
  readonly #disk: MemoryDisk;
  readonly #fate: () => Fate;
  readonly #schedule: (delayMs: number, run: () => void) => void;
  /** Not durable yet, the oldest first. */
  readonly #commits: Commit[] = [];
  #isSyncing = false;
  #refusal: RnpError | undefined;
  #hasCrashed = false;
  #closed: Promise<void> | undefined;

  /** @throws RnpError `CONFLICT` where the disk is in use */
  constructor(disk: MemoryDisk, { fate, schedule }: MemoryStoreOptions = {}) {
    if (disk.isInUse) throw new RnpError("CONFLICT", "the disk is in use");
    disk.isInUse = true;
    this.identity = disk.countOpening();
    this.#disk = disk;
    this.#fate = fate ?? (() => ({ delayMs: 0 }));
    this.#schedule = schedule ?? runLater;
  }

  get durable(): KeyReader {
    return new ChangedReader(NOTHING, this.#disk.image.application);
  }

  get latest(): KeyReader {
    const changes = new Map(this.#disk.image.application);
    for (const { batch } of this.#commits) {
      for (const { key, value } of batch.effects ?? []) changes.set(key, value);
    }
    return new ChangedReader(NOTHING, changes);
  }

  async load(): Promise<StoreContent> {
    await this.commit({});
    const { outbox, sending, receiving } = this.#disk.image;
    return {
      outbox: [...outbox.values()].sort(byPlace),
      sending: [...sending.values()],
      receiving: [...receiving.values()],
    };
  }

  commit(batch: StoreBatch): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const writesNothing = Object.values(batch).every((part) => part.length === 0);
    if (writesNothing && this.#commits.length === 0) return Promise.resolve();
    return new Promise((settle, fail) => {
      this.#commits.push({ batch, settle, fail });
      this.#sync();
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /**
   * The process is gone: nothing settles any more, and another store may open the disk.
   *
   * @param writtenCount how many of the commits that are not durable are on the disk all the same
   */
  crash(writtenCount = 0): void {
    this.#hasCrashed = true;
    this.#refusal = new RnpError("INTERNAL_ERROR", "the process is gone");
    this.#disk.write(this.#commits.splice(0, writtenCount).map(({ batch }) => batch));
    this.#disk.isInUse = false;
  }

  /** How many commits are not durable. */
  get pendingCount(): number {
    return this.#commits.length;
  }

  async #close(): Promise<void> {
    await this.commit({}).catch(() => {});
    if (this.#hasCrashed) return;
    this.#refusal ??= new RnpError("UNAVAILABLE", "the store is closed");
    this.#disk.isInUse = false;
  }

  #sync(): void {
    if (this.#isSyncing || this.#commits.length === 0) return;
    this.#isSyncing = true;
    const fate = this.#fate();
    // What comes before it begins takes part in it, like on a real disk.
    this.#schedule(0, () => {
      const count = this.#commits.length;
      this.#schedule(fate.delayMs, () => this.#end(count, fate));
    });
  }

  #end(count: number, { failure, writtenCount = 0 }: Fate): void {
    if (this.#hasCrashed) return;
    if (failure !== undefined) return this.#poison(failure, count, writtenCount);
    this.#isSyncing = false;
    const durable = this.#commits.splice(0, count);
    this.#disk.write(durable.map(({ batch }) => batch));
    for (const { settle } of durable) settle();
    this.#sync();
  }

  #poison(failure: string, count: number, writtenCount: number): void {
    this.#refusal = new RnpError("INTERNAL_ERROR", `a commit failed before: ${failure}`);
    const refused = this.#commits.splice(0);
    const failed = refused.splice(0, count);
    this.#disk.write(failed.slice(0, writtenCount).map(({ batch }) => batch));
    const error = new RnpError("INTERNAL_ERROR", failure, { outcome: "unknown" });
    for (const { fail } of failed) fail(error);
    for (const { fail } of refused) fail(this.#refusal);
  }
}

const NOTHING: KeyReader = { get: () => undefined, range: () => [] };

function runLater(delayMs: number, run: () => void): void {
  if (delayMs === 0) queueMicrotask(run);
  else setTimeout(run, delayMs);
}

function byPlace(a: OutboxEntry, b: OutboxEntry): number {
  const byPeer = compareKeys(a.peer, b.peer) || compareKeys(a.channel, b.channel);
  return byPeer || a.number - b.number;
}
