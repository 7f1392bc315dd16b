import {
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { asSent } from "../../unit/schema/as-sent.js";
import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";
import { protoDescriptor } from "./proto-descriptor.js";
import { PROTO_PACKAGE, protoMessage } from "./proto-model.js";
import { protoValue } from "./proto-value.js";

/**
 * Protobuf-ES. What its plugin writes is the descriptor of the file and nothing that reads or writes, so a
 * descriptor that was made otherwise takes the same way through it.
 */
export function protobufEs(messages: readonly BenchMessage[]): Contender {
  const protos = messages.map(({ title, shape }) => protoMessage(title, shape.fields));
  const registry = createFileRegistry(protoDescriptor(protos), () => undefined);
  return { name: "protobuf_es", prepare: (message) => prepare(message, registry) };
}

/** Names as in the .proto file, and what is at its default as well, so that all can be compared. */
const AS_WRITTEN = { useProtoFieldName: true, alwaysEmitImplicit: true };

function prepare({ title, payload, shape }: BenchMessage, registry: FileRegistry): Codec {
  const type: DescMessage | undefined = registry.getMessage(`${PROTO_PACKAGE}.${title}`);
  if (type === undefined) throw new Error(`the descriptor has no ${title}`);
  const value = asSent(protoValue(shape, payload)) as JsonValue;
  const message = fromJson(type, value);
  const bytes = toBinary(type, message);
  return {
    bytes,
    value,
    encode: () => toBinary(type, message).length,
    decode: () => digestOf(fromBinary(type, bytes) as unknown as Payload),
    decoded: () => toJson(type, fromBinary(type, bytes), AS_WRITTEN),
  };
}
