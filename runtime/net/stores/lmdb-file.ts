import { open as openFile } from "node:fs/promises";
import { open, type RootDatabase, type RootDatabaseOptionsWithPath } from "lmdb";
import { RnpError } from "../../core/error.js";

export type Database = RootDatabase<Buffer, Buffer>;

/**
 * Opens the LMDB database in one file, making it where there is none; beside it lies its lock file.
 *
 * `overlappingSync: false` is what makes LMDB's promise ours: a transaction writes its pages, syncs them,
 * writes and syncs the page that makes them valid, and only then settles. (With it, the default, a commit
 * settles before it is on the disk.)
 */
export function openDatabase(path: string): Database {
  const options: RootDatabaseOptionsWithPath & { permissionsMode: number } = {
    path,
    noSubdir: true,
    overlappingSync: false,
    permissionsMode: 0o600,
    encoding: "binary",
    keyEncoding: "binary",
  };
  return open(options);
}

/**
 * Makes sure that LMDB may map the file. LMDB trusts the sizes in its header: where the file is shorter, as
 * after it was copied in part, reading what is missing would kill the process. A file may be shorter by pages
 * that nobody uses, so it is made as long as the header says, and what was missing is then found to be empty.
 *
 * @throws RnpError `INTERNAL_ERROR` where the header is no such header
 */
export async function mendLength(path: string): Promise<void> {
  const file = await openFile(path, "r+").catch(() => undefined);
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    if (size === 0) return;
    const first = Buffer.alloc(META_SIZE);
    await file.read(first, 0, META_SIZE, 0);
    const pageSize = pageSizeOf(first);
    const second = Buffer.alloc(META_SIZE);
    await file.read(second, 0, META_SIZE, pageSize);
    const sizes = [first, second].map((meta) => impliedSize(meta, pageSize));
    if (Math.max(...sizes) > size) await file.truncate(Math.max(...sizes));
  } catch (cause) {
    throw corrupt(path, cause instanceof Error ? cause.message : String(cause));
  } finally {
    await file.close();
  }
}

/** Where LMDB has what in the page that says which pages are valid. All numbers are little-endian. */
const META = { magic: 24, mapSize: 40, pageSize: 48, lastPage: 144 };
const META_SIZE = 168;
const MAGIC = 0xbeefc0de;

function pageSizeOf(meta: Buffer): number {
  const pageSize = meta.readUInt32LE(META.pageSize);
  // A power of two between the bounds of LMDB.
  if (pageSize < 256 || pageSize > 65_536 || pageSize & (pageSize - 1)) {
    throw new Error("its header has no page size");
  }
  return pageSize;
}

/** How long the file is by one of its two headers, in bytes. */
function impliedSize(meta: Buffer, pageSize: number): number {
  if (meta.readUInt32LE(META.magic) !== MAGIC) throw new Error("it is no LMDB database");
  const size = (Number(meta.readBigUInt64LE(META.lastPage)) + 1) * pageSize;
  if (size > Number(meta.readBigUInt64LE(META.mapSize))) {
    throw new Error("its header has more pages than it allows");
  }
  return size;
}

/** The store on disk is not as it was left. */
export function corrupt(path: string, what: string): RnpError {
  return new RnpError(
    "INTERNAL_ERROR",
    `the store in ${path} is damaged: ${what}; move it away to begin with an empty one, ` +
      "or put a sound copy in its place (peers then report what it had that the copy has not)",
  );
}
