import { readdir, rm, statfs } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type FsChunk,
  type FsRead,
  type FsReplicate,
  isRnpError,
  type Logger,
  RnpError,
} from "../index.js";
import { DurabilityError, makeFolderDurably } from "../node/durable-file.js";
import { checkManifest, type FileManifest, fileId } from "./file-manifest.js";
import { filePieces } from "./file-pieces.js";
import { type FinishedFile, FinishedFiles, occupied } from "./finished-files.js";
import { IncomingFile } from "./incoming-file.js";

export interface FileStoreOptions {
  /** Everything lies below this folder: `files/`, `incoming/` and `index/`. */
  readonly root: string;
  readonly logger: Logger;
  /** Unix time in ms. */
  readonly now: () => number;
  /** A larger file is refused. Default 16 GiB. */
  readonly fileSizeMax?: number;
  /** Files that may be arriving at once. Default 256. */
  readonly incomingCountMax?: number;
  /** An unfinished file that nobody sent anything for is dropped after this. Default 10 minutes. */
  readonly staleAfterMs?: number;
}

/**
 * The replica's side of the distributed filesystem. `fs.write` announces a file, `fs.replicate` brings
 * its chunks, and with the last one the file appears at `files/<path>`, whole or not at all.
 *
 * Both may be delivered more than once. Everything is on disk before a call settles, so an
 * acknowledgement is a promise that survives a crash. After a failed fsync the store accepts nothing more.
 */
export class FileStore {
  readonly #options: Required<FileStoreOptions>;
  readonly #incoming = new Map<string, IncomingFile>();
  readonly #finished: FinishedFiles;
  /** One change of `files/` and `index/` at a time, so that both say the same. */
  #change: Promise<unknown> = Promise.resolve();
  #isBroken = false;

  private constructor(options: FileStoreOptions, finished: FinishedFiles) {
    this.#finished = finished;
    this.#options = { ...DEFAULTS, ...options, root: resolve(options.root) };
  }

  /** Opens a store and continues what a crash interrupted. */
  static async open(options: FileStoreOptions): Promise<FileStore> {
    const root = resolve(options.root);
    await makeFolderDurably(join(root, "incoming"));
    const store = new FileStore(options, await FinishedFiles.open(root));
    await store.#resume();
    return store;
  }

  /** `fs.write`: gets ready for the chunks of a file. */
  write(manifest: FileManifest): Promise<void> {
    return this.#guarded(() => this.#serially(() => this.#begin(manifest)));
  }

  /** `fs.replicate`: keeps a chunk; with the last one the file appears. */
  replicate(chunk: FsReplicate): Promise<void> {
    return this.#guarded(async () => {
      const { file_id: id } = chunk;
      const incoming = this.#incoming.get(id);
      if (incoming === undefined) {
        if (this.#finished.has(id)) return;
        throw new RnpError("NOT_FOUND", `no fs.write announced ${id}: send it before the chunks`, {
          details: { kind: "file", id },
        });
      }
      incoming.touchedAtMs = this.#options.now();
      await incoming.add(chunk);
      if (await incoming.isComplete()) await this.#serially(() => this.#finish(id, incoming));
    });
  }

  /**
   * `fs.read`: the range in checksummed pieces. What is written to the path meanwhile does not change them.
   *
   * @throws RnpError `NOT_FOUND`, `CONFLICT` where another version is wanted than is here
   */
  async *read(request: FsRead): AsyncGenerator<FsChunk, void, undefined> {
    // Not while the file is exchanged: what the index says is to be what is read.
    const file = await this.#serially(() => this.#finished.read(request));
    yield* filePieces(file, request);
  }

  /** The finished files: cluster path and where the file lies on this machine. */
  files(): FinishedFile[] {
    return this.#finished.list();
  }

  /** Drops unfinished files that nobody has sent anything for in a while. */
  async discardStale(): Promise<void> {
    const { now, staleAfterMs, logger } = this.#options;
    for (const [id, incoming] of this.#incoming) {
      if (now() - incoming.touchedAtMs < staleAfterMs) continue;
      await this.#drop(id, incoming);
      logger.warn({ file: id, path: incoming.manifest.path }, "an unfinished file was dropped");
    }
  }

  async #begin(manifest: FileManifest): Promise<void> {
    checkManifest(manifest);
    const id = fileId(manifest);
    const known = this.#incoming.get(id);
    if (known === undefined && this.#finished.has(id)) return;
    if (known !== undefined) {
      known.touchedAtMs = this.#options.now();
      if (known.manifest.chunks === manifest.chunks && known.manifest.size === manifest.size)
        return;
      throw occupied(manifest.path, "is being written in other chunks: try again later");
    }
    await this.#refuseExcess(manifest);
    await this.#finished.makeParent(manifest.path);
    const folder = join(this.#options.root, "incoming", id);
    this.#incoming.set(id, await IncomingFile.create(folder, manifest, this.#options.now()));
  }

  async #finish(id: string, incoming: IncomingFile): Promise<void> {
    // Several chunks may have been the last one at the same time.
    if (this.#incoming.get(id) !== incoming) return;
    const { manifest } = incoming;
    try {
      await this.#finished.makeParent(manifest.path);
      await this.#finished.add(manifest, await incoming.assemble());
    } catch (error) {
      // Chunks that do not add up are worthless; a disk that is full may have room on the next attempt.
      if (isRnpError(error)) await this.#drop(id, incoming);
      throw error;
    }
    await this.#drop(id, incoming);
    this.#options.logger.debug({ file: id, path: manifest.path }, "a file is complete");
  }

  async #drop(id: string, incoming: IncomingFile): Promise<void> {
    this.#incoming.delete(id);
    await incoming.discard();
  }

  async #resume(): Promise<void> {
    const root = join(this.#options.root, "incoming");
    for (const id of await readdir(root)) {
      const incoming = await IncomingFile.resume(join(root, id), this.#options.now());
      if (incoming === undefined) {
        await rm(join(root, id), { recursive: true, force: true });
        continue;
      }
      this.#incoming.set(id, incoming);
      if (await incoming.isComplete()) await this.#finish(id, incoming);
    }
  }

  async #refuseExcess({ size }: FileManifest): Promise<void> {
    const { fileSizeMax, incomingCountMax, root } = this.#options;
    await this.discardStale();
    if (size > fileSizeMax) throw quota("file_size", fileSizeMax, 0, size);
    const count = this.#incoming.size;
    if (count >= incomingCountMax) throw quota("incoming_files", incomingCountMax, count, 1);
    const { bavail, bsize } = await statfs(root);
    // Chunks and the assembled file are on disk together for a moment.
    const requested_disk_mb = Math.ceil((2 * size) / 1024 ** 2);
    const available_disk_mb = Math.floor((bavail * bsize) / 1024 ** 2);
    if (requested_disk_mb <= available_disk_mb) return;
    const text = `${requested_disk_mb} MB of disk are needed, ${available_disk_mb} MB are free`;
    throw new RnpError("RESOURCE_EXHAUSTED", text, {
      details: { requested_disk_mb, available_disk_mb },
    });
  }

  #serially<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#change.then(change);
    this.#change = result.catch(() => {});
    return result;
  }

  async #guarded(action: () => Promise<void>): Promise<void> {
    if (this.#isBroken) throw new RnpError("UNAVAILABLE", "the disk of this node has failed");
    try {
      await action();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw diskFull(error);
      if (!(error instanceof DurabilityError)) throw error;
      this.#isBroken = true;
      this.#options.logger.error({ error }, "the file store is closed: the disk lost a write");
      throw new RnpError("UNAVAILABLE", "the disk of this node has failed", { cause: error });
    }
  }
}

const DEFAULTS = {
  fileSizeMax: 16 * 1024 ** 3,
  incomingCountMax: 256,
  staleAfterMs: 600_000,
} satisfies Partial<FileStoreOptions>;

function quota(name: string, limit: number, used: number, requested: number): RnpError {
  const text = `${name}: ${requested} requested, ${used} of ${limit} in use`;
  return new RnpError("QUOTA_EXCEEDED", text, { details: { quota: name, limit, used, requested } });
}

function diskFull(cause: unknown): RnpError {
  const details = { available_disk_mb: 0 };
  return new RnpError("RESOURCE_EXHAUSTED", "the disk of this node is full", { details, cause });
}
