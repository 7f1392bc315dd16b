import avro, { type Schema } from "avsc";
import { avroRecord } from "./avro-schema.js";
import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";

/** Avro by avsc, which compiles a schema to code. */
export function avsc(): Contender {
  return { name: "avsc", prepare };
}

/** Its documentation has a faster way than `toBuffer`: `encode` into memory that is used again. */
const memory = Buffer.allocUnsafeSlow(65_536);

function prepare({ payload, shape, title }: BenchMessage): Codec {
  const type = avro.Type.forSchema(avroRecord(shape, title) as Schema);
  const bytes = type.toBuffer(payload);
  const decode = () => type.fromBuffer(bytes) as Payload;
  return {
    bytes,
    value: payload,
    encode: () => type.encode(payload, memory),
    decode: () => digestOf(decode()),
    decoded: decode,
  };
}
