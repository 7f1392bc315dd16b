import { decodeReference } from "../../../wire/decode-reference.js";
import { encodeData } from "../../../wire/encode-data.js";
import type { MessageType } from "../../../wire/message-type.js";
import { PackWriter } from "../../../wire/pack-writer.js";
import type { KeptPromise, OutgoingMessage } from "../sending/outgoing.js";

/** A message of the outbox, as it was written down. */
export interface ReadEntry {
  readonly type: MessageType;
  readonly data: unknown;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly promise: KeptPromise;
  /** When its time is over, Unix ms. */
  readonly expiresAt: number;
}

interface Fields {
  readonly type: string;
  readonly promise: KeptPromise;
  readonly expires_at: number;
  readonly meta: Readonly<Record<string, string>>;
  readonly data: unknown;
}

/**
 * What has to be kept of a message to send it again: a MessagePack map, with the data as it is on the wire.
 *
 * @throws WireFault where the data breaks its schema
 */
export function packEntry(
  { type, data, meta, promise }: OutgoingMessage,
  expiresAt: number,
): Uint8Array {
  const writer = freshWriter();
  writer.mapHeader(5);
  writer.string("type");
  writer.string(type.type);
  writer.string("promise");
  writer.string(promise);
  writer.string("expires_at");
  writer.value(expiresAt);
  writer.string("meta");
  writer.value(meta ?? {});
  writer.string("data");
  encodeData(type, writer, data);
  return Uint8Array.from(writer.bytes());
}

let shared = new PackWriter();

/** One for all entries, which are copied; a large one is not kept for the sake of it. */
function freshWriter(): PackWriter {
  if (shared.buffer.length > WRITER_SIZE_MAX) shared = new PackWriter();
  shared.rewind(0);
  shared.bin = true;
  return shared;
}

const WRITER_SIZE_MAX = 65_536;

/** @throws WireFault or Error where this version of the software does not understand it */
export function unpackEntry(
  bytes: Uint8Array,
  messages: ReadonlyMap<string, MessageType>,
): ReadEntry {
  const fields = decodeReference(bytes) as Fields;
  const type = messages.get(fields.type);
  if (type === undefined) throw new Error(`the message type ${fields.type} is not known any more`);
  const meta = Object.keys(fields.meta).length === 0 ? undefined : fields.meta;
  const data = type.accept(fields.data);
  return { type, data, meta, promise: fields.promise, expiresAt: fields.expires_at };
}
