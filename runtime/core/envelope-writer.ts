import { ConstantRun } from "../wire/constant-run.js";
import { encodeData } from "../wire/encode-data.js";
import type { MessageType } from "../wire/message-type.js";
import { PackWriter } from "../wire/pack-writer.js";
import { putInteger, putRun, putUuid } from "../wire/put.js";
import type { MessageIds } from "./message-ids.js";

/** The envelope fields of one message, but for its type, its sender and its data. */
export interface Heading {
  /** A UUID; a new one where it is not given. */
  readonly id?: string | undefined;
  readonly timestamp: number;
  /** Id of the message that this one answers. */
  readonly replyTo?: string | undefined;
  /** Time that the receiver has left, relative. */
  readonly deadlineMs?: number | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/**
 * Writes the payloads of one connection in the canonical field order: type, id, timestamp, sender,
 * reply_to, deadline_ms, meta, data (`schema/SPEC.md`, Payload). What is the same in every message of a
 * type comes from its generated code, what is the same on the whole connection is encoded once.
 */
export class EnvelopeWriter {
  readonly #sender: ConstantRun;
  readonly #ids: MessageIds;

  constructor(sender: string, ids: MessageIds) {
    this.#ids = ids;
    this.#sender = encoded((writer) => {
      writer.string("sender");
      writer.string(sender);
    });
  }

  /** @throws WireFault where `data` breaks its schema */
  write<Data>(writer: PackWriter, type: MessageType<Data>, heading: Heading, data: Data): void {
    const start = writer.reserve(SIZE_MAX);
    const { view } = writer;
    const { id, timestamp } = heading;
    let at = type.putHead(view, start);
    at = id === undefined ? this.#ids.put(view, at) : putUuid(view, at, id);
    at = putTimestamp(view, at, timestamp);
    at = putRun(view, at, this.#sender);
    if (isPlain(heading)) writer.offset = putDataKey(view, at);
    else {
      writer.offset = at;
      const count = REQUIRED_COUNT + writeOptional(writer, heading);
      writer.buffer[start] = FIXED_MAP | count;
      writer.offset = putDataKey(writer.view, writer.reserve(DATA_KEY_SIZE));
    }
    encodeData(type, writer, data);
  }
}

/** The head with its type of up to 127 characters, id, timestamp, sender of up to 63, and the data key. */
const SIZE_MAX = 512;
const REQUIRED_COUNT = 5;
const FIXED_MAP = 0x80;
const DATA_KEY_SIZE = 5;

function isPlain({ replyTo, deadlineMs, meta }: Heading): boolean {
  return replyTo === undefined && deadlineMs === undefined && meta === undefined;
}

function putTimestamp(view: DataView, at: number, timestamp: number): number {
  // "timestamp"
  view.setUint32(at, 0xa974696d);
  view.setUint32(at + 4, 0x65737461);
  view.setUint32(at + 6, 0x74616d70);
  return putInteger(view, at + 10, timestamp);
}

function putDataKey(view: DataView, at: number): number {
  // "data"
  view.setUint32(at, 0xa4646174);
  view.setUint32(at + 1, 0x64617461);
  return at + DATA_KEY_SIZE;
}

/** Writes the optional fields that are there, and says how many. */
function writeOptional(writer: PackWriter, { replyTo, deadlineMs, meta }: Heading): number {
  if (replyTo !== undefined) {
    writer.string("reply_to");
    writer.string(replyTo);
  }
  if (deadlineMs !== undefined) {
    writer.string("deadline_ms");
    writer.integer(deadlineMs);
  }
  if (meta !== undefined) {
    writer.string("meta");
    writer.value(meta);
  }
  return (
    Number(replyTo !== undefined) + Number(deadlineMs !== undefined) + Number(meta !== undefined)
  );
}

function encoded(write: (writer: PackWriter) => void): ConstantRun {
  const writer = new PackWriter(64);
  write(writer);
  return new ConstantRun(writer.bytes());
}
