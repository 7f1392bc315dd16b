import { packReceived, unpackReceived } from "../receiving/received-state.js";
import type { ReceivedRecord } from "../records.js";
import type { ChannelRecord, CommitLog, StoreBatch } from "./store.js";

/** What a handler does to the store in the same commit that records its message as handled. */
export type HandledBatch = Pick<StoreBatch, "effects" | "outbox" | "sending">;

/** Where the durable channels of one peer are written down. */
export interface ChannelJournal {
  /**
   * Settles once `record` and `batch` are durable, which they are together or not at all. Where it fails,
   * nobody knows whether they are, and nothing more of it may be acknowledged by this process.
   */
  keep(record: ReceivedRecord, batch?: HandledBatch): Promise<void>;
}

/** Writes what a node has received in durable channels to its store. */
export class Journal {
  readonly #store: CommitLog;

  constructor(store: CommitLog) {
    this.#store = store;
  }

  of(peer: string): ChannelJournal {
    return {
      keep: (record, batch) => {
        const receiving = [{ peer, channel: record.channel, state: packReceived(record) }];
        return this.#store.commit({ ...batch, receiving });
      },
    };
  }
}

/** What `keep` wrote, by peer. */
export function recordsByPeer(kept: readonly ChannelRecord[]): Map<string, ReceivedRecord[]> {
  const byPeer = new Map<string, ReceivedRecord[]>();
  for (const { peer, channel, state } of kept) {
    const records = byPeer.get(peer) ?? [];
    records.push(unpackReceived(channel, state));
    byPeer.set(peer, records);
  }
  return byPeer;
}
