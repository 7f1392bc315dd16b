import { open, stat } from "node:fs/promises";
import { corrupt, type Database } from "./lmdb-file.js";
import { lmdbRecords } from "./lmdb-pages.js";
import { type Stored, unsealed } from "./records.js";

/**
 * All records of one kind, by key.
 *
 * @throws RnpError `INTERNAL_ERROR` where one is not as it was written
 */
export function* storedRecords(
  { database, path }: { database: Database; path: string },
  kind: number,
): Iterable<Stored> {
  const range = { start: Buffer.of(kind), end: Buffer.of(kind + 1) };
  for (const { key, value: bytes } of database.getRange(range)) {
    const value = unsealed(key, bytes);
    if (value === undefined) throw corrupt(path, DAMAGED_RECORD);
    yield { key, value };
  }
}

/**
 * Reads the whole file, so that damage is found before anything is built on it, and by us: LMDB would end the
 * process. One that is not there, or is empty, is a new one.
 *
 * @throws RnpError `INTERNAL_ERROR` where it is not as it was left
 */
export async function verify(file: string, path: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size === 0) return;
  const handle = await open(file);
  try {
    for (const { key, value } of lmdbRecords(handle.fd)) {
      if (unsealed(key, value) === undefined) throw new Error(DAMAGED_RECORD);
    }
  } catch (thrown) {
    throw corrupt(path, thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    await handle.close();
  }
}

const DAMAGED_RECORD = "a record in it is not what was written";
