import type { KeyRange } from "../core/delivery/keeping/key-reader.js";
import {
  type StoredEntry,
  type StoredValue,
  type StoreReader,
  storeReader,
  type Transaction,
} from "./transaction.js";
import type { Transactions } from "./transactions.js";

/**
 * The application's keys outside of handlers. Reads give what is durable: what they have shown cannot be
 * undone by a crash.
 */
export class ApplicationStore implements StoreReader {
  readonly #transactions: Transactions;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  get(key: string): StoredValue | undefined {
    return storeReader(this.#transactions.store.durable).get(key);
  }

  range(range?: KeyRange): StoredEntry[] {
    return storeReader(this.#transactions.store.durable).range(range);
  }

  /**
   * Reads and writes as one; settles when that is durable, and so is all that it has read.
   *
   * @throws what `work` throws, without an effect; RnpError `INTERNAL_ERROR` where the store has failed
   */
  async transaction<Result>(work: (transaction: Transaction) => Result): Promise<Result> {
    const { store } = this.#transactions;
    const { result, durable } = this.#transactions.run(work, (batch) => store.commit(batch));
    await durable;
    return result;
  }
}
