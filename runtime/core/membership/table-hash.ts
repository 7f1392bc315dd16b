import { hashText, type Lanes, toHex } from "./fnv.js";
import { BUCKET_COUNT, type LifeHash } from "./life-hash.js";

/**
 * What a member table holds, in 16 hex characters, and in 64 buckets where two tables differ. Each living
 * member adds its hash to one bucket, modulo 2^32 in each half; so a change costs two additions, whatever
 * the size of the table, and the order of changes leaves no trace. Gone members do not count: tables forget
 * them at different times.
 *
 * A member whose capabilities and labels are not known yet counts with its halves exchanged, so that a
 * table that lacks them differs from one that has them.
 */
export class TableHash {
  /** Low and high half of each bucket in turn. */
  readonly #sums = new Uint32Array(2 * BUCKET_COUNT);

  add(hash: LifeHash, isComplete: boolean): void {
    this.#change(hash.bucket, isComplete ? hash : exchanged(hash), 1);
  }

  /** Takes back what `add` did with the same arguments. */
  remove(hash: LifeHash, isComplete: boolean): void {
    this.#change(hash.bucket, isComplete ? hash : exchanged(hash), -1);
  }

  /** 16 hex characters for each bucket, in order. */
  get buckets(): string[] {
    return Array.from({ length: BUCKET_COUNT }, (_, bucket) => this.#bucket(bucket));
  }

  /** 16 hex characters for the whole table: the hash of those of the buckets, one after the other. */
  get whole(): string {
    return toHex(hashText(this.buckets.join("")));
  }

  /** The buckets in which another table is not like this one. */
  differing(others: readonly string[]): number[] {
    return [...this.buckets.keys()].filter((bucket) => this.#bucket(bucket) !== others[bucket]);
  }

  #bucket(bucket: number): string {
    const [low = 0, high = 0] = this.#sums.subarray(2 * bucket, 2 * bucket + 2);
    return toHex({ low, high });
  }

  #change(bucket: number, { low, high }: Lanes, sign: 1 | -1): void {
    const sums = this.#sums;
    // The array itself counts modulo 2^32.
    sums[2 * bucket] = (sums[2 * bucket] ?? 0) + sign * low;
    sums[2 * bucket + 1] = (sums[2 * bucket + 1] ?? 0) + sign * high;
  }
}

function exchanged({ low, high }: Lanes): Lanes {
  return { low: high, high: low };
}
