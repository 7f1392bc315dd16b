import { acceptEnvelope, type Envelope } from "../../generated/envelope.js";
import { decompress } from "../wire/compression.js";
import { decodeReference } from "../wire/decode-reference.js";
import { FLAG_COMPRESSED, FLAG_ENCRYPTED } from "../wire/header.js";
import type { Lent } from "../wire/lent-memory.js";
import type { MessageType } from "../wire/message-type.js";
import { PackReader } from "../wire/pack-reader.js";
import type { IncomingProtection } from "../wire/protection.js";
import { putUuid } from "../wire/put.js";
import type { ChannelPromise } from "./delivery/sending/outgoing.js";
import { EnvelopeReader, ID_SIZE, idAt } from "./envelope-reader.js";
import type { Identified } from "./envelope-writer.js";
import { RnpError } from "./error.js";
import type { MessageIds, MessageKey } from "./message-ids.js";
import type { TrafficMeter } from "./traffic-meter.js";

/** A message as it came, its envelope checked. */
export interface Received extends Identified {
  readonly typeName: string;
  /** `undefined` where this node does not know the type. */
  readonly type: MessageType | undefined;
  readonly id: string;
  readonly timestamp: number;
  readonly sender: string;
  /** The id of the message that it answers. */
  readonly replyTo: string | undefined;
  readonly deadlineMs: number | undefined;
  readonly meta: Readonly<Record<string, string>> | undefined;
  /** The channel that it has a place in, and the place; `undefined` and zeros where it has none. */
  readonly channel: string | undefined;
  readonly epoch: number;
  /** What it is promised in its channel. */
  readonly promise: ChannelPromise;
  readonly seq: number;
  readonly floor: number;
  readonly data: unknown;
  /** Whether `data` has been checked; else it is as the reference decoder gave it. */
  readonly isChecked: boolean;
  /** The memory that it is in, where that is to be given back. */
  lent: Lent | undefined;
  /** The key of the message that it answers, as `ids` counts; `undefined` where it answers none. */
  replyKey(ids: MessageIds): MessageKey | undefined;
}

/** What the fast path read. Few ask for the texts of ids, so they are made when somebody does. */
class FastReceived implements Received {
  readonly type: MessageType;
  readonly timestamp: number;
  readonly sender: string;
  readonly deadlineMs: number | undefined;
  readonly channel: string | undefined;
  readonly epoch: number;
  readonly promise: ChannelPromise;
  readonly seq: number;
  readonly floor: number;
  readonly data: unknown;
  lent: Lent | undefined;
  readonly #buffer: PackReader["buffer"];
  readonly #view: DataView;
  readonly #idOffset: number;
  readonly #replyToOffset: number;
  #id: string | undefined;

  constructor(envelope: EnvelopeReader, sender: string, reader: PackReader, data: unknown) {
    this.type = envelope.type;
    this.timestamp = envelope.timestamp;
    this.sender = sender;
    this.deadlineMs = envelope.deadlineMs;
    this.channel = envelope.channel;
    this.epoch = envelope.epoch;
    this.promise = envelope.promise;
    this.seq = envelope.seq;
    this.floor = envelope.floor;
    this.data = data;
    this.#buffer = reader.buffer;
    this.#view = reader.view;
    this.#idOffset = envelope.idOffset;
    this.#replyToOffset = envelope.replyToOffset;
  }

  get id(): string {
    this.#id ??= idAt(this.#buffer, this.#idOffset);
    return this.#id;
  }

  get typeName(): string {
    return this.type.type;
  }

  get meta(): undefined {
    return undefined;
  }

  get isChecked(): true {
    return true;
  }

  putId(view: DataView, at: number): number {
    for (let index = 0; index < ID_SIZE; index += 4) {
      view.setInt32(at + index, this.#view.getInt32(this.#idOffset + index));
    }
    return at + ID_SIZE;
  }

  get replyTo(): string | undefined {
    return this.#replyToOffset === 0 ? undefined : idAt(this.#buffer, this.#replyToOffset);
  }

  replyKey(ids: MessageIds): MessageKey | undefined {
    if (this.#replyToOffset === 0) return undefined;
    return ids.keyAt(this.#view, this.#replyToOffset) ?? this.replyTo;
  }
}

/** What the reference path read. */
class ReferenceReceived implements Received {
  readonly type: MessageType | undefined;
  lent: Lent | undefined;
  readonly #envelope: Envelope;

  constructor(envelope: Envelope, type: MessageType | undefined) {
    this.#envelope = envelope;
    this.type = type;
  }

  get typeName(): string {
    return this.#envelope.type;
  }

  get id(): string {
    return this.#envelope.id;
  }

  get timestamp(): number {
    return this.#envelope.timestamp;
  }

  get sender(): string {
    return this.#envelope.sender;
  }

  get deadlineMs(): number | undefined {
    return this.#envelope.deadline_ms;
  }

  get meta(): Readonly<Record<string, string>> | undefined {
    return this.#envelope.meta;
  }

  get channel(): string | undefined {
    return this.#envelope.delivery?.channel;
  }

  get epoch(): number {
    return this.#envelope.delivery?.epoch ?? 0;
  }

  get promise(): ChannelPromise {
    const { durable, once } = this.#envelope.delivery ?? {};
    if (durable === true) return "exactly-once";
    return once === true ? "exactly-once-while-running" : "at-least-once";
  }

  get seq(): number {
    return this.#envelope.delivery?.seq ?? 0;
  }

  get floor(): number {
    return this.#envelope.delivery?.floor ?? 0;
  }

  get data(): unknown {
    return this.#envelope.data;
  }

  get isChecked(): false {
    return false;
  }

  putId(view: DataView, at: number): number {
    return putUuid(view, at, this.id);
  }

  get replyTo(): string | undefined {
    return this.#envelope.reply_to;
  }

  replyKey(ids: MessageIds): MessageKey | undefined {
    const { replyTo } = this;
    return replyTo === undefined ? undefined : ids.keyOf(replyTo);
  }
}

/**
 * Reads the payloads of one connection on two paths of one meaning. The fast one expects what our own
 * encoders write and checks while it reads; whatever it declines, the reference path decides: a scan of
 * the structure, msgpackr, and the validators that ajv compiled.
 */
export class Receiver {
  readonly #sender: string;
  readonly #messages: ReadonlyMap<string, MessageType>;
  readonly #meter: TrafficMeter;
  readonly #envelope: EnvelopeReader;
  #inflates = false;
  #protection: IncomingProtection | undefined;

  /** `sender` is whom the certificate names: who all messages should be from. */
  constructor(sender: string, messages: ReadonlyMap<string, MessageType>, meter: TrafficMeter) {
    this.#sender = sender;
    this.#messages = messages;
    this.#meter = meter;
    this.#envelope = new EnvelopeReader(sender, messages);
  }

  /** From the next frame on they have to be as this protection says, or come without any. */
  protect(protection: IncomingProtection | undefined): void {
    this.#protection = protection;
  }

  /** From here on frames are read as the two sides agreed. */
  use(capabilities: ReadonlySet<string>): void {
    this.#inflates = capabilities.has("lz4");
  }

  /**
   * Reads the payload that is in `bytes` from `from` to `to`.
   *
   * @throws WireFault or RnpError where it cannot be understood; the stream is then lost
   */
  read(flags: number, bytes: Uint8Array, from: number, to: number): Received {
    if (this.#protection !== undefined) {
      return this.#readProtected(this.#protection, flags, bytes, from, to);
    }
    if ((flags & SEALED) !== 0) {
      const plain = this.#opened(flags, bytes.subarray(from, to));
      return this.#read(plain, 0, plain.length);
    }
    return this.#read(bytes, from, to);
  }

  #readProtected(
    protection: IncomingProtection,
    flags: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): Received {
    const isSealed = (flags & FLAG_ENCRYPTED) !== 0;
    if (protection.seals && !isSealed) throw notSealed();
    if (!isSealed && (flags & FLAG_COMPRESSED) === 0) {
      return this.#read(bytes, from, protection.open(bytes, from, to));
    }
    let plain = bytes.subarray(from, to);
    if (isSealed && protection.seals) plain = protection.unseal(flags, plain);
    const left = protection.seals ? flags & ~FLAG_ENCRYPTED : flags;
    if ((left & SEALED) !== 0) plain = this.#opened(left, plain);
    return this.#read(plain, 0, protection.open(plain, 0, plain.length));
  }

  #read(bytes: Uint8Array, from: number, to: number): Received {
    const fast = this.#readFast(bytes, from, to);
    if (fast !== undefined) {
      this.#meter.fastCount += 1;
      return fast;
    }
    this.#meter.referenceCount += 1;
    const envelope = acceptEnvelope(decodeReference(bytes.subarray(from, to)));
    return new ReferenceReceived(envelope, this.#messages.get(envelope.type));
  }

  #readFast(bytes: Uint8Array, from: number, to: number): Received | undefined {
    const reader = READER;
    const envelope = this.#envelope;
    reader.open(bytes, from, to);
    try {
      if (!envelope.read(reader)) return undefined;
      const data = envelope.type.decode(reader);
      if (data === undefined || !reader.isAtEnd) return undefined;
      return new FastReceived(envelope, this.#sender, reader, data);
    } catch (thrown) {
      // A load past the memory: the payload is cut short, and the reference path says so in words.
      if (thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  }

  /** Undoes what the flags say was done to a payload. */
  #opened(flags: number, payload: Uint8Array): Uint8Array {
    if ((flags & FLAG_ENCRYPTED) !== 0) {
      throw new RnpError(
        "UNSUPPORTED",
        "an encrypted frame came, but encryption was not agreed on",
      );
    }
    if (this.#inflates) return decompress(payload);
    throw new RnpError("PROTOCOL_ERROR", "a compressed frame came, but lz4 was not agreed on");
  }
}

/**
 * One for all connections: a payload is read to its end before another is begun, and with the texts that
 * it has seen a reader is larger than all else of a connection.
 */
const READER = new PackReader();

function notSealed(): RnpError {
  const text = "a frame came that is not encrypted, although that was agreed on";
  return new RnpError("AUTH_FAILED", text, { details: { stage: "message" } });
}

/** Flags of payloads that are not MessagePack as they come. */
const SEALED = FLAG_ENCRYPTED | FLAG_COMPRESSED;
