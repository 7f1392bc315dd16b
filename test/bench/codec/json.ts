import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";

/** What V8 brings along. Binary fields go as base64 text, for JSON has no bytes. */
export function json(): Contender {
  return { name: "json", prepare };
}

function prepare({ payload, shape }: BenchMessage): Codec {
  const data = shape.fields.find(({ name }) => name === "data")?.shape;
  const binary = data?.kind === "object" ? data.fields.filter(isBinary) : [];
  const names = binary.map(({ name }) => name);
  return names.length === 0 ? plainCodec(payload) : binaryCodec(payload, names);
}

function isBinary({ shape }: { readonly shape: { readonly kind: string } }): boolean {
  return shape.kind === "bytes";
}

function plainCodec(payload: Payload): Codec {
  const bytes = Buffer.from(JSON.stringify(payload));
  return {
    bytes,
    value: payload,
    encode: () => Buffer.from(JSON.stringify(payload)).length,
    decode: () => digestOf(parse(bytes)),
    decoded: () => parse(bytes),
  };
}

function binaryCodec(payload: Payload, names: readonly string[]): Codec {
  const encode = () => Buffer.from(JSON.stringify(withText(payload, names)));
  const bytes = encode();
  const decode = () => withBytes(parse(bytes), names);
  return {
    bytes,
    value: payload,
    encode: () => encode().length,
    decode: () => digestOf(decode()),
    decoded: decode,
  };
}

function parse(bytes: Buffer): Payload {
  return JSON.parse(bytes.toString()) as Payload;
}

function withText(payload: Payload, names: readonly string[]): Payload {
  const data = { ...payload.data };
  for (const name of names) data[name] = (data[name] as Buffer).toString("base64");
  return { ...payload, data };
}

function withBytes(payload: Payload, names: readonly string[]): Payload {
  for (const name of names) payload.data[name] = Buffer.from(String(payload.data[name]), "base64");
  return payload;
}
