import type { Database } from "./lmdb-file.js";
import type { WriteSet } from "./write-set.js";

/** Writes a group in one transaction, and settles when the disk has it. */
export async function writeGroup(database: Database, set: WriteSet): Promise<void> {
  // All of it is laid out before: if that threw in the middle of a transaction, half of it would be written.
  const writes = [...set.writes()];
  try {
    await database.batch(() => {
      for (const { key, value } of writes) {
        if (value === undefined) database.remove(key);
        else database.put(key, value);
      }
    });
  } catch (thrown) {
    throw await reasonOf(thrown);
  }
}

/** LMDB's error says that there is another one with the reason, which comes later. */
async function reasonOf(thrown: unknown): Promise<unknown> {
  const { commitError } = thrown as { commitError?: Promise<never> };
  if (commitError === undefined) return thrown;
  return commitError.catch((reason: unknown) => reason);
}
