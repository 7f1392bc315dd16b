import type { FsChunk, FsRead } from "../index.js";
import { CHUNK_SIZE_MAX, checksumOf } from "./file-manifest.js";

/** A file of the store that is open: what is read from it stays one version, whatever is written meanwhile. */
export interface OpenFile {
  readonly size: number;
  readonly checksum: string;
  /** When it was stored, Unix time in ms. */
  readonly storedAtMs: number;
  /** Exactly `size` bytes from `offset`. */
  read(offset: number, size: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Answers `fs.read` from an open file: the range in pieces of at most 1 MiB, and at least one piece. The
 * first says what the whole file is. Closes the file, however it ends.
 */
export async function* filePieces(
  file: OpenFile,
  { offset = 0, length = file.size }: Pick<FsRead, "offset" | "length">,
): AsyncGenerator<FsChunk, void, undefined> {
  try {
    const end = Math.min(file.size, offset + length);
    let at = offset;
    do {
      const chunk_data = await file.read(at, Math.max(0, Math.min(CHUNK_SIZE_MAX, end - at)));
      const piece = { offset: at, chunk_data, checksum: checksumOf(chunk_data) };
      yield at === offset ? { ...piece, ...wholeOf(file) } : piece;
      at += chunk_data.length;
    } while (at < end);
  } finally {
    await file.close();
  }
}

function wholeOf({ size, checksum, storedAtMs }: OpenFile) {
  return { file_size: size, file_checksum: checksum, stored_at: Math.floor(storedAtMs) };
}
