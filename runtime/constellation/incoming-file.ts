import { createHash } from "node:crypto";
import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FsReplicate } from "../index.js";
import { makeFolderDurably, sync, writeDurably } from "../node/durable-file.js";
import { checksumOf, type FileManifest, wrong } from "./file-manifest.js";

/**
 * A file whose chunks are arriving: one folder with the manifest and one file for each chunk.
 *
 * A chunk is on disk before `add` settles. The same chunk again costs nothing. What is kept never exceeds
 * the size that the manifest announced.
 */
export class IncomingFile {
  readonly manifest: FileManifest;
  readonly #folder: string;
  /** Chunks that are here or being written. */
  readonly #chunks = new Map<number, Promise<void>>();
  #size = 0;
  /** Unix time in ms of the latest message about this file. */
  touchedAtMs: number;

  private constructor(folder: string, manifest: FileManifest, nowMs: number) {
    this.#folder = folder;
    this.manifest = manifest;
    this.touchedAtMs = nowMs;
  }

  /** Begins a file. */
  static async create(
    folder: string,
    manifest: FileManifest,
    nowMs: number,
  ): Promise<IncomingFile> {
    await makeFolderDurably(folder);
    await writeDurably(join(folder, MANIFEST), Buffer.from(JSON.stringify(manifest)));
    return new IncomingFile(folder, manifest, nowMs);
  }

  /** Continues what was there before a restart. `undefined` when it never got a manifest. */
  static async resume(folder: string, nowMs: number): Promise<IncomingFile | undefined> {
    const text = await readFile(join(folder, MANIFEST), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const incoming = new IncomingFile(folder, JSON.parse(text) as FileManifest, nowMs);
    for (const name of await readdir(folder)) {
      if (!/^\d+$/.test(name)) continue;
      incoming.#chunks.set(Number(name), Promise.resolve());
      incoming.#size += (await stat(join(folder, name))).size;
    }
    return incoming;
  }

  /** Verifies and keeps a chunk. */
  async add({ chunk_id, chunk_data, checksum }: FsReplicate): Promise<void> {
    const got = checksumOf(chunk_data);
    if (got !== checksum) throw wrong("/checksum", checksum, got, "fs.replicate");
    const { chunks, size } = this.manifest;
    if (chunk_id >= chunks) {
      throw wrong("/chunk_id", `below ${chunks}`, String(chunk_id), "fs.replicate");
    }
    const known = this.#chunks.get(chunk_id);
    if (known !== undefined) return known;
    if (this.#size + chunk_data.length > size) {
      const rest = `at most ${size - this.#size} bytes, the rest of the file`;
      throw wrong("/chunk_data", rest, `${chunk_data.length} bytes`, "fs.replicate");
    }
    this.#size += chunk_data.length;
    const written = writeDurably(join(this.#folder, String(chunk_id)), chunk_data);
    this.#chunks.set(chunk_id, written);
    written.catch(() => {
      this.#chunks.delete(chunk_id);
      this.#size -= chunk_data.length;
    });
    return written;
  }

  /** Whether every chunk is on disk. */
  async isComplete(): Promise<boolean> {
    if (this.#chunks.size < this.manifest.chunks) return false;
    const results = await Promise.allSettled(this.#chunks.values());
    return results.every(({ status }) => status === "fulfilled");
  }

  /** Joins the chunks into one file that is on disk, checks the whole, and gives its path. */
  async assemble(): Promise<string> {
    const { chunks, checksum } = this.manifest;
    const hash = createHash("sha256");
    // The only chunk is the file already, and on disk.
    const path = join(this.#folder, chunks === 1 ? "0" : "assembled");
    const file = chunks === 1 ? undefined : await open(path, "w", 0o600);
    try {
      for (let chunkId = 0; chunkId < chunks; chunkId++) {
        const bytes = await readFile(join(this.#folder, String(chunkId)));
        hash.update(bytes);
        await file?.writeFile(bytes);
      }
      if (file !== undefined) await sync(file);
    } finally {
      await file?.close();
    }
    const got = `sha256:${hash.digest("hex")}`;
    if (got !== checksum) throw wrong("/checksum", checksum, got);
    return path;
  }

  /** Removes whatever is left of it. */
  async discard(): Promise<void> {
    await Promise.allSettled(this.#chunks.values());
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const MANIFEST = "manifest.json";
