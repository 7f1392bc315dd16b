import { MESSAGES } from "../../../generated/dispatch.js";
import type { Envelope } from "../../../generated/envelope.js";
import { type Heading, writePayload } from "../../../runtime/core/envelope.js";
import { openPayload } from "../../../runtime/core/inbound.js";
import { FrameBatch } from "../../../runtime/wire/frame-batch.js";
import { FrameReader } from "../../../runtime/wire/frame-reader.js";
import { HEADER_SIZE } from "../../../runtime/wire/header.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";

/** Two peers of this package have agreed on binary fields as MessagePack bin. */
const HAS_BIN = true;
const CAPABILITIES: ReadonlySet<string> = new Set(["bin"]);

/**
 * This package, as a connection uses it. Encoding checks the value, writes the frame around it, and takes the
 * bytes for the socket; decoding cuts the frame out, finds the type by its name, and validates all of it.
 * Others are measured without frames and, unless their name says otherwise, without validation.
 */
export function ours(): Contender {
  const batch = new FrameBatch();
  batch.writer.bin = HAS_BIN;
  const reader = new FrameReader();
  return { name: "ours", prepare: (message) => prepare(message, batch, reader) };
}

function prepare({ payload }: BenchMessage, batch: FrameBatch, reader: FrameReader): Codec {
  const type = typeNamed(payload.type);
  const frame = Buffer.from(encodeFrame(type, payload, batch));
  let read: Decoded | undefined;
  const onFrame = (flags: number, bytes: Uint8Array): void => {
    read = decodePayload(flags, bytes);
  };
  const decode = (): Decoded => {
    reader.push(frame, onFrame);
    return read as Decoded;
  };
  return {
    bytes: frame.subarray(HEADER_SIZE),
    value: payload,
    encode: () => encodeFrame(type, payload, batch).length,
    decode: () => digestOf(decode().envelope),
    decoded: () => ({ ...decode().envelope, data: decode().data }),
  };
}

function typeNamed(name: string): MessageType {
  const type = MESSAGES.get(name);
  if (type === undefined) throw new Error(`there is no generated code for ${name}`);
  return type;
}

function encodeFrame(type: MessageType, payload: Heading & Payload, batch: FrameBatch): Uint8Array {
  const violation = type.invalid(payload.data);
  if (violation !== undefined) throw new Error(`${type.type}: ${violation.pointer} is invalid`);
  batch.begin(0);
  writePayload(batch.writer, type, payload, payload.data);
  batch.end();
  return batch.take();
}

/** What a handler is given: the checked data, and the envelope it came in. */
interface Decoded {
  readonly envelope: Envelope;
  readonly data: unknown;
}

function decodePayload(flags: number, bytes: Uint8Array): Decoded {
  const envelope = openPayload(flags, bytes, CAPABILITIES);
  return { envelope, data: typeNamed(envelope.type).decode(envelope.data) };
}
