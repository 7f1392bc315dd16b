import { MESSAGES } from "../../../generated/dispatch.js";
import { unpackEntry } from "../../../runtime/core/delivery/keeping/outbox-entry.js";
import type {
  ChannelKey,
  ChannelRecord,
  CommitLog,
  OutboxEntry,
  OutboxKey,
  StoreBatch,
  StoreContent,
  StoreIdentity,
} from "../../../runtime/core/delivery/keeping/store.js";
import type { Change, Disk } from "../disk/disk.js";
import type { EffectName } from "../world/occurrence.js";
import type { Life } from "./life.js";
import { contentOf } from "./messages.js";

/** What the store of the runtime does, on a simulated disk: what delivery and handlers write is under keys. */
export class SimStore implements CommitLog {
  readonly identity: StoreIdentity;
  readonly #disk: Disk;
  readonly #life: Life;

  /** Opens it for one process; `newId` is for a disk on which there is none. */
  constructor(disk: Disk, life: Life, newId: () => string) {
    this.#disk = disk;
    this.#life = life;
    const known = disk.durable.get(IDENTITY);
    const before =
      known === undefined ? { id: newId(), generation: 0 } : JSON.parse(text.decode(known));
    this.identity = { ...before, generation: before.generation + 1 };
    const value = new TextEncoder().encode(JSON.stringify(this.identity));
    disk.writeFirst([{ key: IDENTITY, value }]);
  }

  get content(): StoreContent {
    const outbox = found(this.#disk, OUTBOX).map(([{ number, ...key }, message]) => {
      return { ...key, number, message };
    });
    const records = (prefix: string): ChannelRecord[] =>
      found(this.#disk, prefix).map(([{ peer, channel }, state]) => ({ peer, channel, state }));
    outbox.sort((one, other) => one.number - other.number);
    return { outbox, sending: records(SENDING), receiving: records(RECEIVING) };
  }

  commit(batch: StoreBatch): Promise<void> {
    const { happen } = this.#life;
    const committed = this.#disk.commit(changesOf(batch));
    return new Promise((resolve, reject) => {
      committed.then(
        () => happen(resolve),
        (error) => happen(() => reject(error)),
      );
    });
  }
}

/** What can be seen of it from outside. */
export function keptOn(disk: Disk): { effects: EffectName[]; outbox: number[] } {
  const effects = [...disk.durable.keys()].filter(isEffect).map(effectOfKey);
  return { effects, outbox: found(disk, OUTBOX).map(([, message]) => callOfEntry(message)) };
}

/** The key of what a handler has done for a message. */
export function effectKey(call: number, effect: number): string {
  return `${EFFECT}${call}/${effect}`;
}

function changesOf({ outbox, settled, sending, receiving, effects }: StoreBatch): Change[] {
  return [
    ...(outbox ?? []).map((entry: OutboxEntry) => ({ key: numbered(entry), value: entry.message })),
    ...(settled ?? []).map((key) => ({ key: numbered(key), value: undefined })),
    ...(sending ?? []).map(({ state, ...key }) => ({ key: named(SENDING, key), value: state })),
    ...(receiving ?? []).map(({ state, ...key }) => ({ key: named(RECEIVING, key), value: state })),
    ...(effects ?? []),
  ];
}

function found(disk: Disk, prefix: string): [OutboxKey, Uint8Array][] {
  return [...disk.durable]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => {
      const [, peer, channel, number] = key.split("|");
      return [{ peer: peer!, channel: channel!, number: Number(number) }, value];
    });
}

function named(prefix: string, { peer, channel }: ChannelKey): string {
  return `${prefix}${peer}|${channel}`;
}

function numbered({ number, ...key }: OutboxKey): string {
  return `${named(OUTBOX, key)}|${number}`;
}

function isEffect(key: string): boolean {
  return key.startsWith(EFFECT);
}

function effectOfKey(key: string): EffectName {
  const [call, effect] = key.slice(EFFECT.length).split("/");
  return [Number(call), Number(effect)];
}

function callOfEntry(message: Uint8Array): number {
  const { type, data } = unpackEntry(message, MESSAGES);
  return contentOf(type, data).call;
}

const text = new TextDecoder();
const IDENTITY = "identity";
const OUTBOX = "outbox|";
const SENDING = "sending|";
const RECEIVING = "receiving|";
const EFFECT = "call-";
