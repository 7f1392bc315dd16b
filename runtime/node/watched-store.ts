import type { KeyReader } from "../core/delivery/keeping/key-reader.js";
import type {
  DeliveryStore,
  StoreBatch,
  StoreContent,
  StoreIdentity,
} from "../core/delivery/keeping/store.js";
import { toRnpError } from "../core/error.js";
import type { Logger } from "./logger.js";

/** A store whose first failure goes to the log, loudly and once: from then on the process can promise nothing. */
export class WatchedStore implements DeliveryStore {
  readonly #store: DeliveryStore;
  readonly #logger: Logger;
  #hasFailed = false;

  constructor(store: DeliveryStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  get identity(): StoreIdentity {
    return this.#store.identity;
  }

  get latest(): KeyReader {
    return this.#store.latest;
  }

  get durable(): KeyReader {
    return this.#store.durable;
  }

  load(): Promise<StoreContent> {
    return this.#store.load();
  }

  commit(batch: StoreBatch): Promise<void> {
    const committed = this.#store.commit(batch);
    committed.catch((thrown) => this.#failed(thrown));
    return committed;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #failed(thrown: unknown): void {
    const error = toRnpError(thrown);
    // One that is closed takes nothing, which is no failure.
    if (this.#hasFailed || error.code === "UNAVAILABLE") return;
    this.#hasFailed = true;
    this.#logger.error({ error }, "the store has failed; nothing is acknowledged any more");
  }
}
