import { randomUUID } from "node:crypto";
import type { StoreIdentity } from "../../core/delivery/keeping/store.js";
import { RnpError } from "../../core/error.js";
import { corrupt, type Database } from "./lmdb-file.js";
import { KIND, sealed, unsealed } from "./records.js";

/** What the store says of itself, in its first record. */
interface Label extends StoreIdentity {
  readonly format: number;
}

/** Rises when a store can no longer be read by what came before. */
const FORMAT = 1;
const KEY = Buffer.of(KIND.meta);

/**
 * Reads which store this is, making it one where it is empty, and counts this opening, durably.
 *
 * @throws RnpError `VERSION_MISMATCH` where a later version of this package wrote it; `INTERNAL_ERROR` where
 *   there is something in it, but no store
 */
export async function identify(database: Database, path: string): Promise<StoreIdentity> {
  const label = labelOf(database, path);
  if (label !== undefined && label.format !== FORMAT) {
    throw new RnpError(
      "VERSION_MISMATCH",
      `the store in ${path} has format ${label.format}, and this version of the software reads format ` +
        `${FORMAT}; run the version that wrote it`,
    );
  }
  const id = label?.id ?? randomUUID();
  const generation = (label?.generation ?? 0) + 1;
  const bytes = Buffer.from(JSON.stringify({ format: FORMAT, id, generation } satisfies Label));
  await database.put(KEY, sealed(KEY, bytes));
  return { id, generation };
}

function labelOf(database: Database, path: string): Label | undefined {
  const bytes = database.get(KEY);
  const label = bytes && unsealed(KEY, bytes);
  if (label !== undefined) return JSON.parse(label.toString()) as Label;
  if (database.getKeysCount({ limit: 1 }) === 0) return undefined;
  throw corrupt(path, "it has records, but does not say which store it is");
}
