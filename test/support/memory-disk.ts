import type {
  ChannelKey,
  ChannelRecord,
  OutboxEntry,
  OutboxKey,
  StoreBatch,
  StoreIdentity,
} from "../../runtime/core/delivery/keeping/store.js";

/** What is on a disk. */
export interface Image {
  readonly id: string;
  readonly generation: number;
  readonly outbox: ReadonlyMap<string, OutboxEntry>;
  readonly sending: ReadonlyMap<string, ChannelRecord>;
  readonly receiving: ReadonlyMap<string, ChannelRecord>;
  readonly application: ReadonlyMap<string, Uint8Array | undefined>;
}

/** A disk that outlives the stores on it. */
export class MemoryDisk {
  #image: Image;
  /** Whether a store has it open. */
  isInUse = false;

  /** @param id of the store on it; another disk in its place has another one */
  constructor(id = "store-1") {
    const empty = () => new Map();
    const maps = { outbox: empty(), sending: empty(), receiving: empty(), application: empty() };
    this.#image = { id, generation: 0, ...maps };
  }

  get image(): Image {
    return this.#image;
  }

  /** What `restore` goes back to. */
  snapshot(): Image {
    return this.#image;
  }

  /** Sets the disk back, as a machine is that was copied before. The store must be closed or have crashed. */
  restore(image: Image): void {
    this.#image = image;
  }

  /** Writes as one. Older images stay as they are. */
  write(batches: readonly StoreBatch[]): void {
    const { id, generation } = this.#image;
    const outbox = new Map(this.#image.outbox);
    const sending = new Map(this.#image.sending);
    const receiving = new Map(this.#image.receiving);
    const application = new Map(this.#image.application);
    for (const batch of batches) {
      for (const entry of batch.outbox ?? []) outbox.set(outboxName(entry), entry);
      for (const entry of batch.settled ?? []) outbox.delete(outboxName(entry));
      for (const record of batch.sending ?? []) sending.set(channelName(record), record);
      for (const record of batch.receiving ?? []) receiving.set(channelName(record), record);
      for (const { key, value } of batch.effects ?? []) {
        if (value === undefined) application.delete(key);
        else application.set(key, value);
      }
    }
    this.#image = { id, generation, outbox, sending, receiving, application };
  }

  countOpening(): StoreIdentity {
    const { id, generation } = this.#image;
    this.#image = { ...this.#image, generation: generation + 1 };
    return { id, generation: generation + 1 };
  }
}

function outboxName({ number, ...channel }: OutboxKey): string {
  return `${channelName(channel)}\0${number}`;
}

function channelName({ peer, channel }: ChannelKey): string {
  return `${peer}\0${channel}`;
}
