import { open, type RootDatabase, type RootDatabaseOptionsWithPath } from "lmdb";
import { RnpError } from "../../core/error.js";

export type Database = RootDatabase<Buffer, Buffer>;

/**
 * Opens the LMDB database in one file, making it where there is none; beside it lies its lock file.
 *
 * `overlappingSync: false` is what makes LMDB's promise ours: a transaction writes its pages, syncs them,
 * writes and syncs the page that makes them valid, and only then settles. (With it, the default, a commit
 * settles before it is on the disk.) With `eventTurnBatching`, also the default, LMDB holds a transaction open from
 * one turn of the event loop to the next, and a process that exits in between waits for it for ever.
 */
export function openDatabase(path: string): Database {
  const options: RootDatabaseOptionsWithPath & { permissionsMode: number } = {
    path,
    noSubdir: true,
    overlappingSync: false,
    eventTurnBatching: false,
    permissionsMode: 0o600,
    encoding: "binary",
    keyEncoding: "binary",
  };
  return open(options);
}

/** The store on disk is not as it was left. */
export function corrupt(path: string, what: string): RnpError {
  return new RnpError(
    "INTERNAL_ERROR",
    `the store in ${path} is damaged: ${what}; move it away to begin with an empty one, ` +
      "or put a sound copy in its place (peers then report what it had that the copy has not)",
  );
}
