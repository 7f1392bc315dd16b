import type { KeyRange, KeyReader, KeyValue } from "../../core/delivery/keeping/key-reader.js";
import { corrupt, type Database } from "./lmdb-file.js";
import { applicationKey, applicationKeyOf, unsealed } from "./records.js";

/**
 * Reads the application's keys from the disk, as the last transaction has left them. A record that is not as
 * it was written throws an RnpError `INTERNAL_ERROR`.
 */
export class LmdbReader implements KeyReader {
  readonly #database: Database;
  readonly #path: string;

  constructor({ database, path }: { database: Database; path: string }) {
    this.#database = database;
    this.#path = path;
  }

  get(key: string): Uint8Array | undefined {
    const place = applicationKey(key);
    const bytes = this.#database.get(place);
    return bytes && this.#valueOf(place, bytes);
  }

  *range({ prefix = "", after = "", limit }: KeyRange): Iterable<KeyValue> {
    const bounds = { start: startOf(prefix, after), end: endOf(prefix) };
    const records = this.#database.getRange({
      ...bounds,
      ...(limit === undefined ? {} : { limit }),
    });
    for (const { key: place, value } of records) {
      yield [applicationKeyOf(place), this.#valueOf(place, value)];
    }
  }

  #valueOf(place: Buffer, bytes: Buffer): Uint8Array {
    const value = unsealed(place, bytes);
    if (value !== undefined) return value;
    const key = applicationKeyOf(place);
    throw corrupt(this.#path, `what it has for the key ${key} is not what was written`);
  }
}

/** The first key that may be in the range. */
function startOf(prefix: string, after: string): Buffer {
  const first = applicationKey(prefix);
  // Nothing is between a key and the same key with a zero byte more.
  const next = after === "" ? first : Buffer.concat([applicationKey(after), Buffer.of(0)]);
  return Buffer.compare(first, next) > 0 ? first : next;
}

/** The first key behind those with the prefix: UTF-8 has no byte 0xff. */
function endOf(prefix: string): Buffer {
  return Buffer.concat([applicationKey(prefix), Buffer.of(0xff)]);
}
