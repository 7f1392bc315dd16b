import { isRnpError } from "../../core/error.js";
import { corrupt, type Database } from "./lmdb-file.js";
import { type Stored, unsealed } from "./records.js";

/**
 * All records whose keys begin with a byte from `kind` up to, but not including, `kindEnd`, by key.
 *
 * @throws RnpError `INTERNAL_ERROR` where one is not as it was written
 */
export function* storedRecords(
  { database, path }: { database: Database; path: string },
  kind: number,
  kindEnd: number,
): Iterable<Stored> {
  const range = { start: Buffer.of(kind), end: Buffer.of(kindEnd) };
  for (const { key, value: bytes } of database.getRange(range)) {
    const value = unsealed(key, bytes);
    if (value === undefined) throw corrupt(path, "a record in it is not what was written");
    yield { key, value };
  }
}

/**
 * Reads the whole store, so that damage is found before anything is built on it. The checks of the records do
 * not tell where some are missing, so they are counted as well.
 *
 * @throws RnpError `INTERNAL_ERROR` where it is not as it was left
 */
export function verify(database: Database, path: string): void {
  try {
    let count = 0;
    for (const _ of storedRecords({ database, path }, 0, 0xff)) count++;
    const { entryCount } = database.getStats() as { entryCount: number };
    if (count === entryCount) return;
    throw corrupt(path, `${entryCount} records were written, and ${count} are there`);
  } catch (thrown) {
    if (isRnpError(thrown)) throw thrown;
    throw corrupt(path, thrown instanceof Error ? thrown.message : String(thrown));
  }
}
