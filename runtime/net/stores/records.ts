import { crc32 } from "node:zlib";
import type {
  ChannelKey,
  ChannelRecord,
  OutboxEntry,
  OutboxKey,
} from "../../core/delivery/keeping/store.js";

/**
 * How keys and values are laid out on disk. The first byte of a key is its kind; then, so that records of one
 * channel lie together and in order: the peer and the channel, each after its length in one byte, and where
 * there is one, the number, in 8 bytes. The key of an application is its UTF-8.
 *
 * A value begins with a CRC-32 of its key and of what follows, so that a record that the disk has changed, or
 * that lies under another key, is not taken for a good one.
 */
export const KIND = { meta: 1, outbox: 2, sending: 3, receiving: 4, application: 5 } as const;

/** What the length byte of a peer and of a channel can say. */
export const NAME_SIZE_MAX = 255;

/** LMDB takes keys of 1978 bytes; shorter ones keep its pages full of records. */
export const APPLICATION_KEY_SIZE_MAX = 1024;

/** One record on disk, its check apart. */
export interface Stored {
  readonly key: Buffer;
  readonly value: Buffer;
}

const NUMBER_SIZE = 8;
const CRC_SIZE = 4;

export function outboxKey({ peer, channel, number }: OutboxKey): Buffer {
  const head = channelKey(KIND.outbox, { peer, channel });
  const key = Buffer.allocUnsafe(head.length + NUMBER_SIZE);
  head.copy(key);
  writeNumber(key, number, head.length);
  return key;
}

export function outboxEntryOf({ key, value }: Stored): OutboxEntry {
  const { name, size } = channelOf(key);
  return { ...name, number: readNumber(key, size), message: value };
}

export function channelRecordOf({ key, value }: Stored): ChannelRecord {
  return { ...channelOf(key).name, state: value };
}

export function applicationKey(key: string): Buffer {
  return Buffer.concat([Buffer.of(KIND.application), Buffer.from(key)]);
}

export function applicationKeyOf(key: Buffer): string {
  return key.toString("utf8", 1);
}

export function channelKey(kind: number, { peer, channel }: ChannelKey): Buffer {
  const peerSize = Buffer.byteLength(peer);
  const channelSize = Buffer.byteLength(channel);
  const key = Buffer.allocUnsafe(3 + peerSize + channelSize);
  key[0] = kind;
  key.writeUInt8(peerSize, 1);
  key.write(peer, 2);
  key.writeUInt8(channelSize, 2 + peerSize);
  key.write(channel, 3 + peerSize);
  return key;
}

function channelOf(key: Buffer): { name: ChannelKey; size: number } {
  const peerEnd = 2 + key[1]!;
  const size = peerEnd + 1 + key[peerEnd]!;
  const peer = key.toString("utf8", 2, peerEnd);
  return { name: { peer, channel: key.toString("utf8", peerEnd + 1, size) }, size };
}

function writeNumber(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), offset);
  bytes.writeUInt32BE(value % 2 ** 32, offset + 4);
}

function readNumber(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4);
}

/** `value` as it lies on disk under `key`. */
export function sealed(key: Buffer, value: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(CRC_SIZE + value.length);
  bytes.writeUInt32BE(checkOf(key, value));
  bytes.set(value, CRC_SIZE);
  return bytes;
}

/** What was sealed under `key`; `undefined` where it is not what lies there now. */
export function unsealed(key: Buffer, bytes: Buffer): Buffer | undefined {
  if (bytes.length < CRC_SIZE) return undefined;
  const value = bytes.subarray(CRC_SIZE);
  return bytes.readUInt32BE() === checkOf(key, value) ? value : undefined;
}

function checkOf(key: Buffer, value: Uint8Array): number {
  const check = crc32(key);
  // Of no bytes at all `crc32` sometimes gives 0, whatever came before them.
  return value.length === 0 ? check : crc32(value, check);
}
