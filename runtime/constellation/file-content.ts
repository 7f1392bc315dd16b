import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { CHUNK_SIZE_MAX, checksumOf } from "./file-manifest.js";

/** A file in memory, or the path of one on this machine. */
export type FileSource = Uint8Array | { readonly localPath: string };

/** The bytes of a file, readable from anywhere in it. */
export interface FileContent {
  readonly size: number;
  readonly checksum: string;
  read(offset: number, sizeMax: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a source and finds its checksum. */
export async function openContent(source: FileSource): Promise<FileContent> {
  if (source instanceof Uint8Array) {
    return {
      size: source.length,
      checksum: checksumOf(source),
      read: async (offset, sizeMax) => source.subarray(offset, offset + sizeMax),
      close: async () => {},
    };
  }
  const file = await open(source.localPath, "r");
  try {
    const { size } = await file.stat();
    const read = (offset: number, sizeMax: number): Promise<Uint8Array> =>
      readExactly(file, offset, Math.min(sizeMax, size - offset));
    const hash = createHash("sha256");
    for (let offset = 0; offset < size; offset += CHUNK_SIZE_MAX) {
      hash.update(await read(offset, CHUNK_SIZE_MAX));
    }
    return { size, checksum: `sha256:${hash.digest("hex")}`, read, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads `size` bytes at `offset`. Throws where the file has become shorter. */
export async function readExactly(
  file: FileHandle,
  offset: number,
  size: number,
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, offset + filled);
    if (bytesRead === 0) throw new Error("the file became shorter while it was read");
    filled += bytesRead;
  }
  return bytes;
}
