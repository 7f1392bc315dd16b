import type { Changes } from "../../core/delivery/keeping/key-reader.js";
import type { ChannelKey, ChannelRecord, StoreBatch } from "../../core/delivery/keeping/store.js";
import {
  APPLICATION_KEY_SIZE_MAX,
  applicationKey,
  channelKey,
  KIND,
  NAME_SIZE_MAX,
  outboxKey,
  sealed,
} from "./records.js";

/** One change of the disk. */
export interface Write {
  readonly key: Buffer;
  /** As it is to lie on disk; `undefined`: the key is deleted. */
  readonly value: Buffer | undefined;
}

/**
 * What several batches do together, in one transaction on disk. The channels' states are written once each,
 * however many of the batches have one: under load that is the smaller half of the work.
 */
export class WriteSet {
  /** What the batches do to the application's keys. */
  readonly changes: Changes;
  /** What they weigh, roughly, in bytes. */
  size = 0;
  readonly #outbox: Write[] = [];
  readonly #changes = new Map<string, Uint8Array | undefined>();
  readonly #sending = new Map<string, ChannelRecord>();
  readonly #receiving = new Map<string, ChannelRecord>();

  constructor() {
    this.changes = this.#changes;
  }

  /** @throws RangeError where a name is too long; nothing of the batch is taken then */
  add({ outbox = [], settled = [], sending = [], receiving = [], effects = [] }: StoreBatch): void {
    for (const names of [outbox, settled, sending, receiving]) names.forEach(assertStorable);
    for (const { key } of effects) assertShort(key, APPLICATION_KEY_SIZE_MAX);
    for (const entry of outbox) this.#write(outboxKey(entry), entry.message);
    for (const entry of settled) this.#write(outboxKey(entry), undefined);
    for (const record of sending) this.#sending.set(nameOf(record), record);
    for (const record of receiving) this.#receiving.set(nameOf(record), record);
    for (const { key, value } of effects) {
      this.#changes.set(key, value);
      this.size += key.length + (value?.length ?? 0);
    }
  }

  *writes(): Iterable<Write> {
    yield* this.#outbox;
    for (const record of this.#sending.values()) {
      yield write(channelKey(KIND.sending, record), record.state);
    }
    for (const record of this.#receiving.values()) {
      yield write(channelKey(KIND.receiving, record), record.state);
    }
    for (const [key, value] of this.#changes) yield write(applicationKey(key), value);
  }

  #write(key: Buffer, value: Uint8Array | undefined): void {
    this.#outbox.push(write(key, value));
    this.size += key.length + (value?.length ?? 0);
  }
}

/** What has been taken must not fail when it is written: it would take its whole group with it. */
function assertStorable({ peer, channel }: ChannelKey): void {
  assertShort(peer, NAME_SIZE_MAX);
  assertShort(channel, NAME_SIZE_MAX);
}

function assertShort(text: string, sizeMax: number): void {
  // A unit of UTF-16 is at most three bytes of UTF-8.
  if (text.length * 3 <= sizeMax || Buffer.byteLength(text) <= sizeMax) return;
  throw new RangeError(`a name in the store has at most ${sizeMax} bytes: ${text}`);
}

function nameOf({ peer, channel }: ChannelKey): string {
  return `${peer}\0${channel}`;
}

function write(key: Buffer, value: Uint8Array | undefined): Write {
  return { key, value: value === undefined ? undefined : sealed(key, value) };
}

/** Whether `batch` has nothing to write. */
export function isEmpty(batch: StoreBatch): boolean {
  return Object.values(batch).every((part: readonly unknown[] | undefined) => !part?.length);
}
