import { ConstantRun } from "../wire/constant-run.js";
import { encodeData } from "../wire/encode-data.js";
import type { MessageType } from "../wire/message-type.js";
import { PackWriter } from "../wire/pack-writer.js";
import { putInteger, putUuid } from "../wire/put.js";
import type { MessageIds } from "./message-ids.js";

/** A message that has an id which can be copied without making its text. */
export interface Identified {
  /** Puts the 36 characters of the id at `at` and returns the offset behind them. */
  putId(view: DataView, at: number): number;
}

/** A message that has a place in a channel. */
export interface InChannel {
  /** Puts the field `delivery` at `at`, in at most `DELIVERY_SIZE_MAX` bytes, and returns the offset behind it. */
  putDelivery(view: DataView, at: number): number;
}

/** The envelope fields that a message need not have, and its id where that is given. */
export interface Heading {
  /** Has the id, in place of `id`. */
  readonly own?: Identified | undefined;
  /** A UUID; a new one where it is not given. */
  readonly id?: string | undefined;
  /** The message that this one answers. */
  readonly replyTo?: Identified | undefined;
  /** Time that the receiver has left, relative. */
  readonly deadlineMs?: number | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  readonly delivery?: InChannel | undefined;
}

/**
 * Writes the payloads of one connection in the canonical field order: type, id, timestamp, sender,
 * reply_to, deadline_ms, meta, delivery, data (`schema/SPEC.md`, Payload). What is the same in every message of a
 * type comes from its generated code, what is the same on the whole connection is encoded once.
 */
export class EnvelopeWriter {
  readonly #sender: ConstantRun;
  readonly #ids: MessageIds;

  constructor(sender: string, ids: MessageIds) {
    this.#ids = ids;
    this.#sender = senderRun(sender);
  }

  /** @throws WireFault where `data` breaks its schema */
  write<Data>(
    writer: PackWriter,
    type: MessageType<Data>,
    data: Data,
    timestamp: number,
    heading: Heading | undefined,
  ): void {
    const start = writer.reserve(SIZE_MAX);
    const { view } = writer;
    let at = type.putHead(view, start);
    at = heading === undefined ? this.#ids.put(view, at) : this.#putId(view, at, heading);
    at = putTimestamp(view, at, timestamp);
    at = this.#sender.put(view, at);
    if (heading !== undefined) at = putOptional(writer, start, at, heading);
    writer.offset = putDataKey(writer.view, at);
    encodeData(type, writer, data);
  }

  #putId(view: DataView, at: number, { id, own }: Heading): number {
    if (own !== undefined) return own.putId(view, at);
    return id === undefined ? this.#ids.put(view, at) : putUuid(view, at, id);
  }
}

/** The most that the field `delivery` takes, its key included. */
export const DELIVERY_SIZE_MAX = 160;

/** The head with its type of up to 127 characters, id, timestamp, sender of up to 63, reply_to, delivery, data key. */
const SIZE_MAX = 512 + DELIVERY_SIZE_MAX;
const REQUIRED_COUNT = 5;
const FIXED_MAP = 0x80;
const DATA_KEY_SIZE = 5;
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

/** Puts the optional fields that are there, and their number into the head of the map at `start`. */
function putOptional(writer: PackWriter, start: number, from: number, heading: Heading): number {
  const { replyTo, deadlineMs, meta, delivery } = heading;
  const { view } = writer;
  let at = from;
  let count = REQUIRED_COUNT;
  if (replyTo !== undefined) {
    at = replyTo.putId(view, putReplyToKey(view, at));
    count += 1;
  }
  if (deadlineMs !== undefined) {
    at = putInteger(view, DEADLINE_MS.put(view, at), deadlineMs);
    count += 1;
  }
  if (meta !== undefined) count += 1;
  if (delivery !== undefined) count += 1;
  view.setUint8(start, FIXED_MAP | count);
  if (meta !== undefined) at = putMeta(writer, at, meta);
  return delivery === undefined ? at : delivery.putDelivery(writer.view, at);
}

function putReplyToKey(view: DataView, at: number): number {
  // "reply_to" and the head of a text of 36
  view.setUint32(at, 0xa872_6570);
  view.setUint32(at + 4, 0x6c79_5f74);
  view.setUint32(at + 7, 0x746f_d924);
  return at + 11;
}

/** The only field that may need more room than was reserved. */
function putMeta(writer: PackWriter, at: number, meta: Readonly<Record<string, string>>): number {
  writer.offset = at;
  writer.string("meta");
  writer.value(meta);
  return writer.reserve(DELIVERY_SIZE_MAX + DATA_KEY_SIZE);
}

function encoded(write: (writer: PackWriter) => void): ConstantRun {
  const writer = new PackWriter(64);
  write(writer);
  return new ConstantRun(writer.bytes());
}

const DEADLINE_MS = encoded((writer) => writer.string("deadline_ms"));

let lastSender = "";
let lastSenderRun: ConstantRun;

/** The key and the name of the sender, which nearly always is the one of the connection before. */
function senderRun(sender: string): ConstantRun {
  if (sender !== lastSender) {
    lastSenderRun = encoded((writer) => {
      writer.string("sender");
      writer.string(sender);
    });
    lastSender = sender;
  }
  return lastSenderRun;
}
