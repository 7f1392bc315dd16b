import { ChangedReader, type KeyReader } from "../../core/delivery/keeping/key-reader.js";
import type {
  DeliveryStore,
  StoreBatch,
  StoreContent,
  StoreIdentity,
} from "../../core/delivery/keeping/store.js";
import { RnpError } from "../../core/error.js";
import { GroupCommit } from "./group-commit.js";
import { LmdbReader } from "./lmdb-reader.js";
import { writeGroup } from "./lmdb-writer.js";
import { channelRecordOf, KIND, outboxEntryOf } from "./records.js";
import { openStoreFolder, type StoreFolder } from "./store-folder.js";
import { storedRecords } from "./verify.js";
import { isEmpty } from "./write-set.js";

/** The store on disk: a folder with an LMDB database, for one process at a time and readable by its user only. */
export class LmdbStore implements DeliveryStore {
  readonly identity: StoreIdentity;
  readonly durable: KeyReader;
  readonly #folder: StoreFolder;
  readonly #commits: GroupCommit;
  #closed: Promise<void> | undefined;

  private constructor(folder: StoreFolder) {
    this.identity = folder.identity;
    this.durable = new LmdbReader(folder);
    this.#folder = folder;
    this.#commits = new GroupCommit((set) => writeGroup(folder.database, set));
  }

  /**
   * Opens the store in the folder `path`, making it where there is none. Reads all of it once, so that damage
   * is found now and not when somebody asks.
   *
   * @throws RnpError `CONFLICT` where a process has it open, be it this one; `VERSION_MISMATCH` where a later
   *   version of this package wrote it; `INTERNAL_ERROR` where it is damaged
   */
  static async open(path: string): Promise<LmdbStore> {
    return new LmdbStore(await openStoreFolder(path));
  }

  get latest(): KeyReader {
    let reader = this.durable;
    for (const { changes } of this.#commits.pending) {
      if (changes.size > 0) reader = new ChangedReader(reader, changes);
    }
    return reader;
  }

  async load(): Promise<StoreContent> {
    await this.#commits.settled();
    const all = (kind: number) => storedRecords(this.#folder, kind);
    return {
      outbox: Array.from(all(KIND.outbox), outboxEntryOf),
      sending: Array.from(all(KIND.sending), channelRecordOf),
      receiving: Array.from(all(KIND.receiving), channelRecordOf),
    };
  }

  commit(batch: StoreBatch): Promise<void> {
    return isEmpty(batch) ? this.#commits.settled() : this.#commits.add(batch);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#commits.close(new RnpError("UNAVAILABLE", "the store is closed"));
    await this.#folder.close();
  }
}
