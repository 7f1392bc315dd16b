import type { KeyRange } from "../core/delivery/key-reader.js";
import type { DeliveryStore } from "../core/delivery/store.js";
import {
  runTransaction,
  type StoredEntry,
  type StoredValue,
  type StoreReader,
  storeReader,
  type Transaction,
} from "./transaction.js";

/**
 * The application's keys outside of handlers. Reads give what is durable: what they have shown cannot be
 * undone by a crash.
 */
export class ApplicationStore implements StoreReader {
  readonly #store: DeliveryStore;

  constructor(store: DeliveryStore) {
    this.#store = store;
  }

  get(key: string): StoredValue | undefined {
    return storeReader(this.#store.durable).get(key);
  }

  range(range?: KeyRange): StoredEntry[] {
    return storeReader(this.#store.durable).range(range);
  }

  /**
   * Reads and writes as one; settles when that is durable, and so is all that it has read.
   *
   * @throws what `work` throws, without an effect; RnpError `INTERNAL_ERROR` where the store has failed
   */
  async transaction<Result>(work: (transaction: Transaction) => Result): Promise<Result> {
    const { result, effects } = runTransaction(this.#store.latest, work);
    await this.#store.commit({ effects });
    return result;
  }
}
