import { ConstantRun } from "../wire/constant-run.js";
import { latin1Between } from "../wire/latin1.js";
import type { MessageType } from "../wire/message-type.js";
import type { PackReader } from "../wire/pack-reader.js";
import { PackWriter } from "../wire/pack-writer.js";
import { isUuid } from "../wire/uuid.js";
import { ChannelReader } from "./channel-reader.js";
import type { ChannelPromise } from "./delivery/sending/outgoing.js";
import { TypeHeads } from "./type-heads.js";

/** Bytes of the text of an id. */
export const ID_SIZE = 36;
/** The head of a map that has the five required fields. */
const REQUIRED_MAP = 0x85;
/** The bounds of `schema/envelope.schema.json`. */
const TIMESTAMP_MAX = 253_402_300_799_999;
const DEADLINE_MS_MAX = 2_147_483_647;

/**
 * Reads the envelopes of one connection as `EnvelopeWriter` writes them: fields in canonical order, and the
 * sender whom the certificate names, so that its name is compared and not built. Whatever else comes is
 * declined, for the reference path to judge.
 *
 * The fields hold the last envelope that was read; an object for each message would be garbage at once.
 */
export class EnvelopeReader {
  type!: MessageType;
  /** Where the characters of the id begin. */
  idOffset = 0;
  timestamp = 0;
  /** Where the characters of `reply_to` begin; 0, which no field can have, where there is none. */
  replyToOffset = 0;
  deadlineMs: number | undefined;
  /** The place of the message in a channel; `undefined` where it has none. */
  channel: string | undefined;
  epoch = 0;
  promise: ChannelPromise = "at-least-once";
  seq = 0;
  floor = 0;

  readonly #channels = new ChannelReader();
  readonly #heads: TypeHeads;
  readonly #sender: ConstantRun;

  constructor(sender: string, messages: ReadonlyMap<string, MessageType>) {
    this.#heads = TypeHeads.of(messages);
    this.#sender = runOf([], "sender", sender);
  }

  /** Reads up to the data. `false`: declined. */
  read(reader: PackReader): boolean {
    let extra = reader.view.getUint8(reader.offset) - REQUIRED_MAP;
    if (extra < 0 || extra > 3) return false;
    const type = this.#heads.read(reader);
    if (type === undefined) return false;
    this.type = type;
    this.idOffset = reader.offset;
    if (!skipId(reader) || !skipTimestampKey(reader)) return false;
    this.timestamp = reader.integer();
    if (!(this.timestamp >= 0 && this.timestamp <= TIMESTAMP_MAX) || !reader.skip(this.#sender))
      return false;
    this.replyToOffset = 0;
    if (extra > 0 && reader.skip(REPLY_TO)) {
      this.replyToOffset = reader.offset;
      if (!skipId(reader)) return false;
      extra -= 1;
    }
    this.deadlineMs = undefined;
    if (extra > 0 && reader.skip(DEADLINE_MS)) {
      this.deadlineMs = reader.integer();
      if (!(this.deadlineMs >= 0 && this.deadlineMs <= DEADLINE_MS_MAX)) return false;
      extra -= 1;
    }
    this.channel = undefined;
    if (extra > 0) {
      if (!this.#readDelivery(reader)) return false;
      extra -= 1;
    }
    return extra === 0 && skipDataKey(reader);
  }

  #readDelivery(reader: PackReader): boolean {
    const channels = this.#channels;
    if (!channels.read(reader)) return false;
    this.channel = channels.name;
    this.epoch = channels.epoch;
    this.promise = channels.promise;
    this.seq = channels.seq;
    this.floor = channels.floor;
    return true;
  }
}

/** The id whose characters begin at `offset`. */
export function idAt(buffer: PackReader["buffer"], offset: number): string {
  return latin1Between(buffer, offset, offset + ID_SIZE);
}

/** Passes over the 36 characters of a lower-case UUID, whose head has been read. */
function skipId(reader: PackReader): boolean {
  const { view, offset, end } = reader;
  if (offset + ID_SIZE > end || !isUuid(view, offset)) return false;
  reader.offset = offset + ID_SIZE;
  return true;
}

function skipTimestampKey(reader: PackReader): boolean {
  const { view, offset } = reader;
  // "timestamp"
  const isThere =
    view.getUint32(offset) === 0xa974696d &&
    view.getUint32(offset + 4) === 0x65737461 &&
    view.getUint32(offset + 6) === 0x74616d70;
  reader.offset = offset + 10;
  return isThere;
}

function skipDataKey(reader: PackReader): boolean {
  const { view, offset } = reader;
  // "data"
  const isThere = view.getUint32(offset) === 0xa4646174 && view.getUint8(offset + 4) === 0x61;
  reader.offset = offset + 5;
  return isThere;
}

/** The head of a text of 36 bytes. */
const ID_HEAD = [0xd9, ID_SIZE];
const REPLY_TO = runOf(ID_HEAD, "reply_to");
const DEADLINE_MS = runOf([], "deadline_ms");

/** Some texts as MessagePack, and what follows them. */
function runOf(after: readonly number[], ...texts: readonly string[]): ConstantRun {
  const writer = new PackWriter(64);
  for (const text of texts) writer.string(text);
  return new ConstantRun(Uint8Array.of(...writer.bytes(), ...after));
}
