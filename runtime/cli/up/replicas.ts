import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** The SHA-256 of a file as it stands in messages; `undefined` where there is no such file. */
export async function checksumOfFile(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return `sha256:${hash.digest("hex")}`;
}

/** Where a storage node keeps a file of the cluster, below its data folder. */
export function replicaPath(dataDir: string, path: string): string {
  return join(dataDir, "store", "files", ...path.split("/"));
}
