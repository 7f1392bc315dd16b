import { PackWriter } from "../wire/pack-writer.js";
import { Entries, Packed } from "./values.js";

/** The MessagePack of a filled value, whatever rules it breaks. */
export function pack(value: unknown): Buffer {
  const writer = new PackWriter();
  write(writer, value);
  return Buffer.from(writer.bytes());
}

function write(writer: PackWriter, value: unknown): void {
  if (value instanceof Packed) writer.raw(value.bytes);
  else if (value instanceof Entries) writeEntries(writer, value.entries);
  else if (value === null) writer.nil();
  else if (Array.isArray(value)) {
    writer.arrayHeader(value.length);
    for (const item of value) write(writer, item);
  } else if (typeof value === "object") writeEntries(writer, Object.entries(value));
  else writer.value(value);
}

function writeEntries(writer: PackWriter, entries: Entries["entries"]): void {
  writer.mapHeader(entries.length);
  for (const [key, value] of entries) {
    write(writer, key);
    write(writer, value);
  }
}
