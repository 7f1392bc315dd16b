import { randomUUID } from "node:crypto";
import { compressSync } from "lz4-napi";
import { FLAG_COMPRESSED, HEADER_SIZE, MAGIC } from "../wire/header.js";
import { bytesOf } from "./hex.js";
import { pack } from "./pack.js";
import type { Frame, Json } from "./table.js";
import { fill, type Scope } from "./values.js";

/** The name under which a scope knows the id of the message that was sent last. */
export const LAST = "last";

/** The bytes of the frame that `frame` describes, as often as it is to be sent. */
export function bytesOfFrame(frame: Frame, scope: Scope): Buffer {
  const times = Number(fill(frame.times ?? 1, scope));
  if (frame.message === undefined || times > MANY) {
    // What comes thousands of times is made once; ids of such messages are the same.
    const once = oneFrame(frame, scope);
    return Buffer.concat(Array.from({ length: times }, () => once));
  }
  return Buffer.concat(Array.from({ length: times }, () => oneFrame(frame, scope)));
}

const MANY = 1000;

function oneFrame(frame: Frame, scope: Scope): Buffer {
  const { bytes, keep } = frame;
  const whole = bytes === undefined ? framed(frame, payloadOf(frame, scope)) : bytesOf(bytes);
  return keep === undefined ? whole : whole.subarray(0, keep);
}

function framed(frame: Frame, payload: Buffer): Buffer {
  const { magic, major = 1, minor = 0, compress } = frame;
  const { length = payload.length, flags = compress === undefined ? 0 : FLAG_COMPRESSED } = frame;
  const header = Buffer.alloc(HEADER_SIZE);
  if (magic === undefined) header.writeUInt32BE(MAGIC);
  else bytesOf(magic).copy(header);
  header.writeUInt8(major, 4);
  header.writeUInt8(minor, 5);
  header.writeUInt32BE(length, 6);
  header.writeUInt16BE(flags, 10);
  return Buffer.concat([header, payload]);
}

function payloadOf(frame: Frame, scope: Scope): Buffer {
  const { payload, compress } = frame;
  const plain = payload === undefined ? messageOf(frame, scope) : bytesOf(payload);
  return compress === undefined ? plain : compressed(plain, compress);
}

function messageOf({ message = {}, omit = [] }: Frame, scope: Scope): Buffer {
  const { type, data = {}, ...rest } = fill(message, scope) as Json;
  const own = { id: randomUUID(), timestamp: Date.now(), sender: scope.me };
  const envelope = { type, ...own, ...rest, data };
  if (typeof envelope.id === "string") scope.name(LAST, envelope.id);
  const kept = Object.entries(envelope).filter(([field]) => !omit.includes(field));
  return pack(Object.fromEntries(kept));
}

/** The size as u32 little-endian, then one block of LZ4. */
function compressed(plain: Buffer, { size, block }: NonNullable<Frame["compress"]>): Buffer {
  const whole = compressSync(plain);
  const prefix = Buffer.from(whole.subarray(0, PREFIX_SIZE));
  if (size !== undefined) prefix.writeUInt32LE(size);
  return Buffer.concat([
    prefix,
    block === undefined ? whole.subarray(PREFIX_SIZE) : bytesOf(block),
  ]);
}

const PREFIX_SIZE = 4;
