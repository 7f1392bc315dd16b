import { acceptEnvelope, type Envelope } from "../../generated/envelope.js";
import { decompress } from "../wire/compression.js";
import { decodeReference } from "../wire/decode-reference.js";
import { FLAG_COMPRESSED, FLAG_ENCRYPTED } from "../wire/header.js";
import type { MessageType } from "../wire/message-type.js";
import { PackReader } from "../wire/pack-reader.js";
import { EnvelopeReader, idAt } from "./envelope-reader.js";
import { RnpError } from "./error.js";
import type { TrafficMeter } from "./traffic-meter.js";

/** A message as it came, its envelope checked. */
export interface Received {
  readonly typeName: string;
  /** `undefined` where this node does not know the type. */
  readonly type: MessageType | undefined;
  readonly id: string;
  readonly timestamp: number;
  readonly sender: string;
  readonly replyTo: string | undefined;
  readonly deadlineMs: number | undefined;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly data: unknown;
  /** Whether `data` has been checked; else it is as the reference decoder gave it. */
  readonly isChecked: boolean;
}

/** What the fast path read. Few ask for the id, so its text is made when somebody does. */
class FastReceived implements Received {
  readonly type: MessageType;
  readonly timestamp: number;
  readonly sender: string;
  readonly replyTo: string | undefined;
  readonly deadlineMs: number | undefined;
  readonly data: unknown;
  readonly #buffer: PackReader["buffer"];
  readonly #idOffset: number;
  #id: string | undefined;

  constructor(
    { type, timestamp, replyTo, deadlineMs, idOffset }: EnvelopeReader,
    sender: string,
    buffer: PackReader["buffer"],
    data: unknown,
  ) {
    this.type = type;
    this.timestamp = timestamp;
    this.sender = sender;
    this.replyTo = replyTo;
    this.deadlineMs = deadlineMs;
    this.data = data;
    this.#buffer = buffer;
    this.#idOffset = idOffset;
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
  readonly #reader = new PackReader();
  readonly #envelope: EnvelopeReader;
  #inflates = false;

  /** `sender` is whom the certificate names: who all messages should be from. */
  constructor(sender: string, messages: ReadonlyMap<string, MessageType>, meter: TrafficMeter) {
    this.#sender = sender;
    this.#messages = messages;
    this.#meter = meter;
    this.#envelope = new EnvelopeReader(sender, messages);
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
    if ((flags & SEALED) !== 0) {
      const plain = this.#opened(flags, bytes.subarray(from, to));
      return this.#read(plain, 0, plain.length);
    }
    return this.#read(bytes, from, to);
  }

  #read(bytes: Uint8Array, from: number, to: number): Received {
    const fast = this.#readFast(bytes, from, to);
    if (fast !== undefined) {
      this.#meter.fastCount += 1;
      return fast;
    }
    this.#meter.referenceCount += 1;
    return this.#known(acceptEnvelope(decodeReference(bytes.subarray(from, to))));
  }

  #readFast(bytes: Uint8Array, from: number, to: number): Received | undefined {
    const reader = this.#reader;
    const envelope = this.#envelope;
    reader.open(bytes, from, to);
    try {
      if (!envelope.read(reader)) return undefined;
      const data = envelope.type.decode(reader);
      if (data === undefined || !reader.isAtEnd) return undefined;
      return new FastReceived(envelope, this.#sender, reader.buffer, data);
    } catch (thrown) {
      // A load past the memory: the payload is cut short, and the reference path says so in words.
      if (thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  }

  #known({ type, id, timestamp, sender, reply_to, deadline_ms, meta, data }: Envelope): Received {
    return {
      typeName: type,
      type: this.#messages.get(type),
      id,
      timestamp,
      sender,
      replyTo: reply_to,
      deadlineMs: deadline_ms,
      meta,
      data,
      isChecked: false,
    };
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

/** Flags of payloads that are not MessagePack as they come. */
const SEALED = FLAG_ENCRYPTED | FLAG_COMPRESSED;
