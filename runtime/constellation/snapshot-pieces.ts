import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type InstanceChunk, RnpError } from "../index.js";
import { readExactly } from "./file-content.js";
import type { Snapshot } from "./snapshot.js";

/**
 * The stream of a snapshot from `offset`: the manifest, then the contents of the files one after the other,
 * in verified pieces. Several small files share a piece; no piece crosses the end of the manifest.
 *
 * @throws RnpError `CONFLICT` where a file is not there any more or has become shorter. That nothing else has
 *   changed is for the caller to check at the end.
 */
export async function* snapshotPieces(
  snapshot: Snapshot,
  offset: number,
): AsyncGenerator<InstanceChunk, void, undefined> {
  const { id, manifest, totalBytes } = snapshot;
  const facts = { snapshot: id, manifest_bytes: manifest.length, total_bytes: totalBytes };
  const contents = new Contents(snapshot);
  const pieceSize = pieceSizeFor(totalBytes);
  try {
    for (let at = offset; at < totalBytes; ) {
      const end = at < manifest.length ? manifest.length : totalBytes;
      const size = Math.min(pieceSize, end - at);
      const chunk_data =
        at < manifest.length
          ? manifest.subarray(at, at + size)
          : await contents.read(at - manifest.length, size);
      const checksum = `sha256:${createHash("sha256").update(chunk_data).digest("hex")}`;
      yield { offset: at, chunk_data, checksum, ...facts };
      at += size;
    }
  } finally {
    await contents.close();
  }
}

/** The contents of all files as one. Reading on from where it was is cheap. */
class Contents {
  readonly #folder: string;
  readonly #files: { readonly path: string; readonly start: number; readonly end: number }[] = [];
  #at = 0;
  #open: { readonly index: number; readonly file: FileHandle } | undefined;

  constructor({ folder, entries }: Snapshot) {
    this.#folder = folder;
    let start = 0;
    for (const entry of entries) {
      if (entry.kind !== "file" || entry.size === 0) continue;
      this.#files.push({ path: entry.path, start, end: start + entry.size });
      start += entry.size;
    }
  }

  async read(offset: number, size: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let at = offset; at < offset + size; ) {
      const index = this.#indexOf(at);
      const { path, start, end } = this.#files[index]!;
      const partSize = Math.min(end, offset + size) - at;
      try {
        const file = await this.#fileAt(index);
        parts.push(await readExactly(file, at - start, partSize));
      } catch (error) {
        throw isChange(error) ? changed(path, error) : error;
      }
      at += partSize;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async close(): Promise<void> {
    await this.#open?.file.close();
    this.#open = undefined;
  }

  #indexOf(offset: number): number {
    if (offset < (this.#files[this.#at]?.start ?? 0)) this.#at = 0;
    while (offset >= this.#files[this.#at]!.end) this.#at += 1;
    return this.#at;
  }

  async #fileAt(index: number): Promise<FileHandle> {
    if (this.#open?.index === index) return this.#open.file;
    await this.close();
    // Neither through a link nor waiting at a pipe that has taken the file's place.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(join(this.#folder, this.#files[index]!.path), flags);
    this.#open = { index, file };
    return file;
  }
}

/** Gone, replaced by something else, or shorter than it was. */
function isChange(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined || code === "ENOENT" || code === "ELOOP" || code === "ENOTDIR";
}

function changed(path: string, cause: unknown): RnpError {
  return new RnpError("CONFLICT", `${path} has changed while the instance was read`, {
    details: { kind: "instance", expected: "the files of the snapshot", got: "others" },
    cause,
  });
}

/**
 * A broken connection loses the few pieces that are under way, so each is a small part of the whole. The
 * larger a piece, the less it costs beside its bytes.
 */
function pieceSizeFor(totalBytes: number): number {
  return Math.min(PIECE_SIZE_MAX, Math.max(PIECE_SIZE_MIN, Math.ceil(totalBytes / PIECE_COUNT)));
}

const PIECE_COUNT = 512;
const PIECE_SIZE_MIN = 64 * 1024;
/** As the schema of `instance.chunk` says. */
const PIECE_SIZE_MAX = 1024 ** 2;
