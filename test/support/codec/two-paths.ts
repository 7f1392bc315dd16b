import { inspect, isDeepStrictEqual } from "node:util";
import { acceptEnvelope, type EnvelopeDelivery } from "../../../generated/envelope.js";
import { RnpError } from "../../../runtime/core/error.js";
import { type Received, Receiver } from "../../../runtime/core/received.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { decodeReference } from "../../../runtime/wire/decode-reference.js";
import { WireFault } from "../../../runtime/wire/fault.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import { PackReader } from "../../../runtime/wire/pack-reader.js";

/** Which path took a payload, if one did. */
export type Verdict = "fast" | "reference" | "refused";

/** Data that one of the paths gave, or that it gave none. */
export type Outcome = { readonly data: unknown } | undefined;

/** What the generated decoder makes of the bytes of `data` up to `end`; `undefined` where it declines. */
export function fastOutcome(type: MessageType, bytes: Uint8Array, end = bytes.length): Outcome {
  const reader = new PackReader();
  reader.open(bytes, 0, end);
  try {
    const data = type.decode(reader);
    return data === undefined || !reader.isAtEnd ? undefined : { data };
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

/** What the reference path makes of them; `undefined` where it throws a `WireFault`. */
export function referenceOutcome(type: MessageType, bytes: Uint8Array): Outcome {
  try {
    return { data: type.accept(decodeReference(bytes)) };
  } catch (thrown) {
    if (thrown instanceof WireFault) return undefined;
    throw thrown;
  }
}

/** Reads payloads as a connection does, and holds the one path against the other. */
export class TwoPaths {
  readonly meter = new TrafficMeter();
  readonly #receiver: Receiver;
  readonly #messages: ReadonlyMap<string, MessageType>;

  constructor(sender: string, messages: ReadonlyMap<string, MessageType>) {
    this.#messages = messages;
    this.#receiver = new Receiver(sender, messages, this.meter);
  }

  /** Throws where the paths differ, or where one fails in a way that no peer may cause. */
  read(bytes: Uint8Array, from = 0, to = bytes.length): Verdict {
    const { fastCount } = this.meter;
    const received = faultless(() => this.#receiver.read(0, bytes, from, to));
    if (received === undefined) return "refused";
    if (this.meter.fastCount === fastCount) return accepted(received);
    const expected = this.reference(Uint8Array.from(bytes.subarray(from, to)));
    const read = fieldsOf(received);
    if (!isDeepStrictEqual(read, expected)) throw new Disagreement(read, expected);
    return "fast";
  }

  /** What the reference path alone makes of a payload. */
  reference(payload: Uint8Array): Fields {
    const envelope = acceptEnvelope(decodeReference(payload));
    const { type, id, timestamp, sender, reply_to, deadline_ms, meta, delivery } = envelope;
    const known = this.#messages.get(type);
    if (known === undefined) throw new Error(`the type ${type} is not known`);
    const data = known.accept(envelope.data);
    const place = delivery && placeOf(delivery);
    const heading = { replyTo: reply_to, deadlineMs: deadline_ms, meta, delivery: place };
    return { type, id, timestamp, sender, ...heading, data };
  }
}

/** What both paths say of a message. */
type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(received: Received): Fields {
  const { typeName: type, id, timestamp, sender, replyTo, deadlineMs, meta, data } = received;
  const { channel, epoch, promise, seq, floor } = received;
  const delivery = channel === undefined ? undefined : { channel, epoch, promise, seq, floor };
  return { type, id, timestamp, sender, replyTo, deadlineMs, meta, delivery, data };
}

function placeOf({ durable, once, ...place }: EnvelopeDelivery): object {
  if (durable === true) return { ...place, promise: "exactly-once" };
  return { ...place, promise: once === true ? "exactly-once-while-running" : "at-least-once" };
}

/** What the fast path took is not what the reference path has. */
export class Disagreement extends Error {
  constructor(fast: unknown, reference: unknown) {
    super(`the two paths read different values: ${inspect(fast)} and ${inspect(reference)}`);
  }
}

/** What `read` gives, or `undefined` where it finds fault with the bytes; other exceptions are bugs. */
function faultless<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof WireFault || thrown instanceof RnpError) return undefined;
    throw thrown;
  }
}

function accepted({ type, data }: Received): Verdict {
  return faultless(() => ({ data: type?.accept(data) })) === undefined ? "refused" : "reference";
}
