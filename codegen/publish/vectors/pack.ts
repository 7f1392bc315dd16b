import type { Field, ObjectField } from "../../model.js";

/** The forms that bytes have on the wire: MessagePack bin, or base64 text. */
export type BytesForm = "bin" | "base64";

/**
 * Writes a value of JSON as its schema says it travels: fields in the order of the schema, every head and
 * integer as short as can be. It shares no code with the runtime, so that each is evidence for the other.
 */
export function pack(field: Field, value: unknown, form: BytesForm): Buffer {
  switch (field.kind) {
    case "shared":
      return pack(field.type.field, value, form);
    case "object":
      return packObject(field, value as Record<string, unknown>, form);
    case "map":
      return packEntries(Object.entries(value as object), () => field.value, form);
    case "array":
      return packList(value as readonly unknown[], () => field.item, form);
    case "bytes":
      return form === "base64" ? packAny(value) : packBytes(Buffer.from(String(value), "base64"));
    default:
      return packAny(value);
  }
}

/** Any value of JSON, without a schema. */
export function packAny(value: unknown): Buffer {
  if (typeof value === "boolean") return Buffer.of(value ? 0xc3 : 0xc2);
  if (typeof value === "bigint") return packInteger(value);
  if (typeof value === "number") return packNumber(value);
  if (typeof value === "string") return packText(value);
  if (value === null) return Buffer.of(0xc0);
  if (Array.isArray(value)) return Buffer.concat([listHead(value.length), ...value.map(packAny)]);
  const entries = Object.entries(value as object);
  return Buffer.concat([
    mapHead(entries.length),
    ...entries.flatMap(([key, inner]) => [packText(key), packAny(inner)]),
  ]);
}

/** The head of a map of so many entries. */
export function mapHead(count: number): Buffer {
  return count < 16 ? Buffer.of(0x80 | count) : head(count, [0xde, 0xdf], 2);
}

function packObject(
  { properties }: ObjectField,
  value: Record<string, unknown>,
  form: BytesForm,
): Buffer {
  const known = properties.filter(({ name }) => value[name] !== undefined);
  const rest = Object.keys(value).filter((key) => !properties.some(({ name }) => name === key));
  const parts = known.flatMap(({ name, field }) => [
    packText(name),
    pack(field, value[name], form),
  ]);
  const unknown = rest.flatMap((key) => [packText(key), packAny(value[key])]);
  return Buffer.concat([mapHead(known.length + rest.length), ...parts, ...unknown]);
}

function packEntries(
  entries: readonly (readonly [string, unknown])[],
  of: () => Field,
  form: BytesForm,
): Buffer {
  const parts = entries.flatMap(([key, inner]) => [packText(key), pack(of(), inner, form)]);
  return Buffer.concat([mapHead(entries.length), ...parts]);
}

function packList(items: readonly unknown[], of: () => Field, form: BytesForm): Buffer {
  return Buffer.concat([listHead(items.length), ...items.map((item) => pack(of(), item, form))]);
}

function packNumber(value: number): Buffer {
  if (Number.isSafeInteger(value)) return packInteger(BigInt(value));
  const bytes = Buffer.alloc(9, 0xcb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function packInteger(value: bigint): Buffer {
  if (value >= 0n) return value < 128n ? Buffer.of(Number(value)) : unsigned(value);
  if (value >= -32n) return Buffer.of(256 + Number(value));
  const size = [1, 2, 4, 8].find((bytes) => value >= -(2n ** BigInt(8 * bytes - 1))) ?? 8;
  return withBits(0xd0 + Math.log2(size), BigInt.asUintN(8 * size, value), size);
}

function unsigned(value: bigint): Buffer {
  const size = [1, 2, 4, 8].find((bytes) => value < 2n ** BigInt(8 * bytes)) ?? 8;
  return withBits(0xcc + Math.log2(size), value, size);
}

function withBits(marker: number, bits: bigint, size: number): Buffer {
  return Buffer.concat([
    Buffer.of(marker),
    Buffer.from(bits.toString(16).padStart(2 * size, "0"), "hex"),
  ]);
}

function packText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  return Buffer.concat([
    length < 32 ? Buffer.of(0xa0 | length) : head(length, [0xd9, 0xda, 0xdb], 1),
    bytes,
  ]);
}

function packBytes(bytes: Buffer): Buffer {
  return Buffer.concat([head(bytes.length, [0xc4, 0xc5, 0xc6], 1), bytes]);
}

function listHead(count: number): Buffer {
  return count < 16 ? Buffer.of(0x90 | count) : head(count, [0xdc, 0xdd], 2);
}

/** A marker and a length, in the first size that holds it; each marker's is twice that of the one before. */
function head(length: number, markers: readonly number[], firstSize: number): Buffer {
  const index = markers.findIndex((_, step) => length < 2 ** (8 * firstSize * 2 ** step));
  return withBits(markers[index] ?? 0, BigInt(length), firstSize * 2 ** index);
}
