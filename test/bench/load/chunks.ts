import { createHash, randomBytes } from "node:crypto";
import type { FsReplicate } from "../../../runtime/index.js";

/** The largest chunk of a file: 1 MiB. */
export const CHUNK_SIZE = 1024 * 1024;

/** Chunks of a file that nothing compresses, with their checksums, as whoever stores files has them. */
export function chunksOf(count: number): FsReplicate[] {
  return Array.from({ length: count }, (_, chunk_id) => {
    const chunk_data = randomBytes(CHUNK_SIZE);
    const checksum = checksumOf(chunk_data);
    return { file_id: FILE_ID, chunk_id, chunk_data, checksum };
  });
}

/** Whether a chunk is what its sender says. */
export function isIntact({ chunk_data, checksum }: FsReplicate): boolean {
  return checksumOf(chunk_data) === checksum;
}

function checksumOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

const FILE_ID = `file-${"7a1d9e27".repeat(4)}`;
