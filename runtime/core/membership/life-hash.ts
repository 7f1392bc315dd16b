import { hashLow, hashText, type Lanes } from "./fnv.js";
import type { Life } from "./news.js";

/**
 * Buckets of a table hash. 64 hashes of 16 characters fit into one packet, and name one row in 64 where
 * two tables differ.
 */
export const BUCKET_COUNT = 64;

/** What one life of one node adds to the hash of a table. */
export interface LifeHash extends Lanes {
  /** 0…63; depends on the node alone, so that all its lives meet in one bucket. */
  readonly bucket: number;
}

/** Over the id, a zero, and the life in decimal as `epoch.incarnation`. Ids have no zero in them. */
export function hashLife(node: string, { epoch, incarnation }: Life): LifeHash {
  const { low, high } = hashText(`${node}\0${epoch}.${incarnation}`);
  return { low, high, bucket: bucketOf(node) };
}

export function bucketOf(node: string): number {
  return hashLow(node) % BUCKET_COUNT;
}
