import { MESSAGES } from "../../../generated/dispatch.js";
import { EnvelopeWriter } from "../../../runtime/core/envelope-writer.js";
import { MessageIds } from "../../../runtime/core/message-ids.js";
import { type Received, Receiver } from "../../../runtime/core/received.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { FrameBatch } from "../../../runtime/wire/frame-batch.js";
import { FrameReader } from "../../../runtime/wire/frame-reader.js";
import { HEADER_SIZE } from "../../../runtime/wire/header.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";

/** Two peers of this package have agreed on binary fields as MessagePack bin. */
const HAS_BIN = true;
/** How many messages share one write on a busy connection. A power of two. */
const MESSAGES_PER_WRITE = 16;

/**
 * This package, as a connection uses it. Encoding checks the value and writes the frame around it into the
 * write batch, whose bytes are taken for the socket every sixteenth message, large binary fields from where
 * they are; each gets a new id, as on a connection, where others write the one they are given. Decoding cuts
 * the frame out, finds the type, compares the sender and validates all of it; the id is checked, and made a
 * text when asked for. Others are measured without frames and, unless their name says otherwise, without
 * validation.
 */
export function ours(): Contender {
  const batch = new FrameBatch();
  batch.writer.bin = HAS_BIN;
  const reader = new FrameReader();
  return { name: "ours", prepare: (message) => prepare(message, batch, reader) };
}

function prepare({ payload }: BenchMessage, batch: FrameBatch, reader: FrameReader): Codec {
  const type = typeNamed(payload.type);
  const envelope = new EnvelopeWriter(payload.sender, new MessageIds(payload.id));
  const { id: _, ...heading } = payload;
  const meter = new TrafficMeter();
  const receiver = new Receiver(payload.sender, MESSAGES, meter);
  let count = 0;
  const encode = (): number => {
    count = (count + 1) % MESSAGES_PER_WRITE;
    writeFrame(type, heading, envelope, batch);
    return count === 0 ? written(batch) : count;
  };
  written(batch);
  writeFrame(type, payload, envelope, batch);
  const frame = Buffer.concat(batch.take());
  batch.written();
  let read: Received | undefined;
  const onFrame = (flags: number, bytes: Uint8Array, from: number, to: number): void => {
    read = receiver.read(flags, bytes, from, to);
  };
  const decode = (): Received => {
    reader.push(frame, onFrame);
    if (!read?.isChecked) throw new Error(`${type.type}: the fast path declined its own encoding`);
    return read;
  };
  return {
    bytes: frame.subarray(HEADER_SIZE),
    value: payload,
    encode,
    decode: () => digestOf(decode()),
    decoded: () => {
      const { typeName, id, timestamp, sender, data } = decode();
      return { type: typeName, id, timestamp, sender, data };
    },
  };
}

/** Takes what waits as a socket does that has room for it, and says how many pieces that was. */
function written(batch: FrameBatch): number {
  const { length } = batch.take();
  if (length > 0) batch.written();
  return length;
}

function typeNamed(name: string): MessageType {
  const type = MESSAGES.get(name);
  if (type === undefined) throw new Error(`there is no generated code for ${name}`);
  return type;
}

function writeFrame(
  type: MessageType,
  payload: Omit<Payload, "id">,
  envelope: EnvelopeWriter,
  batch: FrameBatch,
): void {
  batch.begin(0);
  envelope.write(batch.writer, type, payload.data, payload.timestamp, undefined);
  batch.end();
}
