import { encodeData } from "../../../runtime/wire/encode-data.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";

/** Whom the certificate of the connection names, in tests. */
export const SENDER = "node-1";

/** The envelope of a message as a map in canonical order; `more` are its optional fields. */
export function envelopeOf(type: string, data: unknown, more: object = {}): object {
  return {
    type,
    id: "550e8400-e29b-41d4-a716-446655440000",
    timestamp: 1_705_075_200_000,
    sender: SENDER,
    ...more,
    data,
  };
}

/** The payload of a message in canonical order, its data written by the generated encoder. */
export function payloadOf(
  type: MessageType,
  data: unknown,
  { bin = true, more = {} }: { bin?: boolean; more?: object } = {},
): Uint8Array {
  const before = Object.entries(envelopeOf(type.type, data, more)).slice(0, -1);
  const writer = new PackWriter();
  writer.bin = bin;
  writer.mapHeader(before.length + 1);
  for (const [key, value] of before) {
    writer.string(key);
    writer.value(value);
  }
  writer.string("data");
  encodeData(type, writer, data);
  return Uint8Array.from(writer.bytes());
}
