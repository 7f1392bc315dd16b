import { createHash } from "node:crypto";
import { mkdir, rename, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type InstanceChunk, type InstanceCreate, RnpError } from "../index.js";
import { makeFolderDurably, moveDurably } from "../node/durable-file.js";
import { ArrivingFiles } from "./arriving-files.js";
import { decodeManifest, MANIFEST_SIZE_MAX, type SnapshotManifest } from "./snapshot-manifest.js";

export interface ArrivingInstanceOptions {
  readonly instanceId: string;
  /** Where it is put together: a folder of its own, empty or absent, on the disk of its final place. */
  readonly staging: string;
  /** Free bytes of that disk. Default: what the system says. */
  readonly freeBytes?: () => Promise<number>;
}

/**
 * An instance that comes from another node, piece by piece. Each piece is verified before anything of it is
 * written, the manifest before it is believed; all is written into the staging folder and nowhere else.
 */
export class ArrivingInstance {
  readonly #options: ArrivingInstanceOptions;
  readonly #manifestParts: Uint8Array[] = [];
  #first: InstanceChunk | undefined;
  #offset = 0;
  #manifest: SnapshotManifest | undefined;
  #files: ArrivingFiles | undefined;

  constructor(options: ArrivingInstanceOptions) {
    this.#options = options;
  }

  /** Where the next piece begins: all before has been verified and written. */
  get offset(): number {
    return this.#offset;
  }

  /** The state that is being read; `undefined` before the first piece. */
  get snapshot(): string | undefined {
    return this.#first?.snapshot;
  }

  /** How much there is; 0 before the first piece. */
  get totalBytes(): number {
    return this.#first?.total_bytes ?? 0;
  }

  /** What the instance was created with, as soon as the manifest is here. */
  get create(): InstanceCreate | undefined {
    return this.#manifest?.create;
  }

  /**
   * Takes the next piece.
   *
   * @throws RnpError `PROTOCOL_ERROR` for one that is damaged or not the next; `RESOURCE_EXHAUSTED` where
   *   the disk has no room for the instance
   */
  async add(chunk: InstanceChunk): Promise<void> {
    this.#first ??= chunk;
    this.#check(chunk, this.#first);
    const { chunk_data: bytes } = chunk;
    const { manifest_bytes } = this.#first;
    try {
      if (this.#files !== undefined) await this.#files.write(bytes);
      else this.#manifestParts.push(bytes);
      if (this.#offset + bytes.length === manifest_bytes) await this.#begin();
    } catch (error) {
      throw isFull(error) ? noRoom(this.totalBytes, 0, error) : error;
    }
    this.#offset += bytes.length;
  }

  /**
   * All pieces have come: everything is on disk when this settles.
   *
   * @throws RnpError `PROTOCOL_ERROR` where something is missing
   */
  async complete(): Promise<InstanceCreate> {
    if (this.#files === undefined || this.#offset < this.totalBytes) {
      throw wrong("/offset", `${this.totalBytes} bytes`, `the end after ${this.#offset}`);
    }
    await this.#files.end();
    return this.#manifest!.create;
  }

  /** Moves the complete folder to where it belongs; what was there from an earlier life goes. */
  async settle(folder: string): Promise<void> {
    await makeFolderDurably(dirname(folder));
    const earlier = join(this.#options.staging, "earlier");
    await rename(folder, earlier).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await moveDurably(this.#tree, folder);
    // It is in its place; an earlier life that resists is removed when the agent starts again.
    await this.discard().catch(() => {});
  }

  /** Removes what is left in the staging folder. */
  async discard(): Promise<void> {
    await this.#files?.close();
    await rm(this.#options.staging, { recursive: true, force: true });
  }

  get #tree(): string {
    return join(this.#options.staging, "tree");
  }

  async #begin(): Promise<void> {
    const { instanceId, staging, freeBytes = () => freeBytesAt(staging) } = this.#options;
    const { snapshot, manifest_bytes, total_bytes } = this.#first!;
    const bytes = Buffer.concat(this.#manifestParts.splice(0));
    const id = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (id !== snapshot) throw wrong("/snapshot", id, snapshot);
    const manifest = decodeManifest(bytes, instanceId);
    const sizes = manifest.entries.map((entry) => (entry.kind === "file" ? entry.size : 0));
    const total = sizes.reduce((sum, size) => sum + size, manifest_bytes);
    if (total !== total_bytes) throw wrong("/total_bytes", String(total), String(total_bytes));
    await mkdir(staging, { recursive: true, mode: 0o700 });
    const free = await freeBytes();
    if (manifest.disk_bytes > free) throw noRoom(manifest.disk_bytes, free);
    this.#files = new ArrivingFiles(this.#tree, manifest.entries);
    this.#manifest = manifest;
    await this.#files.begin();
  }

  #check(chunk: InstanceChunk, first: InstanceChunk): void {
    const { chunk_data, offset, checksum } = chunk;
    if (offset !== this.#offset) throw wrong("/offset", String(this.#offset), String(offset));
    for (const field of ["snapshot", "manifest_bytes", "total_bytes"] as const) {
      if (chunk[field] !== first[field]) {
        throw wrong(`/${field}`, `${first[field]} as before`, String(chunk[field]));
      }
    }
    const { manifest_bytes, total_bytes } = first;
    if (manifest_bytes > Math.min(total_bytes, MANIFEST_SIZE_MAX)) {
      throw wrong("/manifest_bytes", `at most ${total_bytes}`, String(manifest_bytes));
    }
    const room = (offset < manifest_bytes ? manifest_bytes : total_bytes) - offset;
    const { length } = chunk_data;
    if (length === 0 || length > room)
      throw wrong("/chunk_data", `1 to ${room} bytes`, `${length}`);
    const got = `sha256:${createHash("sha256").update(chunk_data).digest("hex")}`;
    if (got !== checksum) throw wrong("/checksum", got, checksum);
  }
}

async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

function noRoom(requested: number, available: number, cause?: unknown): RnpError {
  const requested_disk_mb = Math.ceil(requested / 1024 ** 2);
  const available_disk_mb = Math.floor(available / 1024 ** 2);
  const text = `the instance takes ${requested_disk_mb} MB of disk, ${available_disk_mb} MB are free`;
  const details = { requested_disk_mb, available_disk_mb };
  return new RnpError("RESOURCE_EXHAUSTED", text, { details, cause });
}

function wrong(pointer: string, expected: string, got: string): RnpError {
  const text = `instance.chunk: ${pointer}: expected ${expected}, got ${got}`;
  const details = { message_type: "instance.chunk", pointer, expected, got };
  return new RnpError("PROTOCOL_ERROR", text, { details });
}
