import { constants } from "node:fs";
import { chmod, type FileHandle, mkdir, open, symlink } from "node:fs/promises";
import { join } from "node:path";
import { sync, syncFolder } from "../node/durable-file.js";
import type { FileEntry, SnapshotEntry } from "./snapshot-manifest.js";

/**
 * Writes the entries of a snapshot below a folder of this node's own, from the contents of its files as they
 * come, one after the other. Links come last, so nothing is ever written through one.
 */
export class ArrivingFiles {
  readonly #root: string;
  readonly #entries: readonly SnapshotEntry[];
  readonly #files: readonly FileEntry[];
  #index = 0;
  #open: { readonly file: FileHandle; at: number } | undefined;

  constructor(root: string, entries: readonly SnapshotEntry[]) {
    this.#root = root;
    this.#entries = entries;
    this.#files = entries.filter((entry) => entry.kind === "file");
  }

  /** Makes the folders. */
  async begin(): Promise<void> {
    await mkdir(this.#root, { mode: 0o700 });
    for (const { kind, path } of this.#entries) {
      if (kind === "folder") await mkdir(join(this.#root, path), { mode: 0o700 });
    }
  }

  /** The next bytes of the contents. There are never more than the entries say. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const entry = await this.#next();
      const open = this.#open!;
      const part = bytes.subarray(at, at + entry.size - open.at);
      await writeAt(open.file, part, open.at);
      open.at += part.length;
      at += part.length;
      if (open.at === entry.size) await this.#finish(entry);
    }
  }

  /** Everything has come: makes what has no contents, and puts it all on disk. */
  async end(): Promise<void> {
    while (this.#index < this.#files.length) {
      const entry = this.#files[this.#index]!;
      await this.#start(entry);
      await this.#finish(entry);
    }
    for (const entry of this.#entries) {
      if (entry.kind === "link") await symlink(entry.target, join(this.#root, entry.path));
    }
    // From the innermost out: a folder that may not be written to any more has all that is in it.
    for (const entry of [...this.#entries].reverse()) {
      if (entry.kind !== "folder") continue;
      const path = join(this.#root, entry.path);
      await syncFolder(path);
      await chmod(path, entry.mode);
    }
    await syncFolder(this.#root);
  }

  async close(): Promise<void> {
    await this.#open?.file.close();
    this.#open = undefined;
  }

  /** The file that the next byte belongs to; those without contents are made on the way. */
  async #next(): Promise<FileEntry> {
    for (;;) {
      const entry = this.#files[this.#index]!;
      if (this.#open === undefined) await this.#start(entry);
      if (entry.size > 0) return entry;
      await this.#finish(entry);
    }
  }

  async #start({ path }: FileEntry): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    this.#open = { file: await open(join(this.#root, path), flags, 0o600), at: 0 };
  }

  async #finish({ size, mode, mtime_ms }: FileEntry): Promise<void> {
    const { file } = this.#open!;
    // Zeros at the end were not written.
    await file.truncate(size);
    await file.chmod(mode);
    await file.utimes(mtime_ms / 1000, mtime_ms / 1000);
    await sync(file);
    await this.close();
    this.#index += 1;
  }
}

/** Writes at a place; zeros are left out, so that a file with holes has them again. */
async function writeAt(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  if (ZEROS.subarray(0, bytes.length).equals(bytes)) return;
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** As long as the longest piece. */
const ZEROS = Buffer.alloc(1024 ** 2);
