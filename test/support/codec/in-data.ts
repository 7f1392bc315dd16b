import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { envelopeOf } from "./payloads.js";

/**
 * The payload of a message whose data are `fields` and then, under `key`, these bytes as they are; without a
 * key they are all of its data.
 */
export function inDataOf(
  type: string,
  key: string | undefined,
  bytes: Uint8Array,
  fields: object = {},
): Uint8Array {
  const envelope = Object.entries(envelopeOf(type, undefined)).slice(0, -1);
  const writer = new PackWriter();
  writer.mapHeader(envelope.length + 1);
  writeEntries(writer, envelope);
  writer.string("data");
  if (key !== undefined) {
    const entries = Object.entries(fields);
    writer.mapHeader(entries.length + 1);
    writeEntries(writer, entries);
    writer.string(key);
  }
  writer.raw(bytes);
  return Uint8Array.from(writer.bytes());
}

function writeEntries(writer: PackWriter, entries: readonly [string, unknown][]): void {
  for (const [key, value] of entries) {
    writer.string(key);
    writer.value(value);
  }
}
