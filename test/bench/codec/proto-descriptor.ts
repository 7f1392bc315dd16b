import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import {
  nestedIn,
  PROTO_PACKAGE,
  type ProtoField,
  type ProtoMessage,
  type ProtoScalar,
} from "./proto-model.js";

const TYPES: { readonly [Scalar in ProtoScalar]: Type } = {
  bool: Type.BOOL,
  bytes: Type.BYTES,
  double: Type.DOUBLE,
  int32: Type.INT32,
  string: Type.STRING,
  uint32: Type.UINT32,
};

/** What protoc would say of a .proto file with `messages`. */
export function protoDescriptor(messages: readonly ProtoMessage[]): FileDescriptorProto {
  return create(FileDescriptorProtoSchema, {
    name: "bench.proto",
    package: PROTO_PACKAGE,
    syntax: "proto3",
    messageType: messages.map((message) => messageOf(message, `.${PROTO_PACKAGE}`)),
  });
}

function messageOf(message: ProtoMessage, scope: string): DescriptorProto {
  const { name, fields } = message;
  const inside = `${scope}.${name}`;
  const maps = fields.filter(({ label }) => label === "map");
  const isUnion = fields.some(({ label }) => label === "branch");
  const optional = fields.filter(({ label }) => label === "optional");
  return create(DescriptorProtoSchema, {
    name,
    nestedType: [
      ...nestedIn(message).map((nested) => messageOf(nested, inside)),
      ...maps.map((field) => entryOf(field, inside)),
    ],
    field: fields.map((field, index) => {
      const number = index + 1;
      if (field.label === "branch") return fieldOf(field, number, inside, { oneofIndex: 0 });
      const oneofIndex = optional.indexOf(field);
      if (oneofIndex < 0) return fieldOf(field, number, inside);
      return fieldOf(field, number, inside, { oneofIndex, proto3Optional: true });
    }),
    // proto3 says that a field is optional by making it the only one of a union.
    oneofDecl: isUnion
      ? [{ name: "value" }]
      : optional.map((field) => ({ name: `_${field.name}` })),
  });
}

/** A map is a list of messages with a key and a value. */
function entryOf({ name, type }: ProtoField, scope: string): DescriptorProto {
  return create(DescriptorProtoSchema, {
    name: entryName(name),
    options: { mapEntry: true },
    field: [
      fieldOf({ name: "key", label: "single", type: "string" }, 1, scope),
      fieldOf({ name: "value", label: "single", type }, 2, scope),
    ],
  });
}

type Presence = Partial<Pick<FieldDescriptorProto, "oneofIndex" | "proto3Optional">>;

function fieldOf(
  { name, label, type }: ProtoField,
  number: number,
  scope: string,
  presence: Presence = {},
): FieldDescriptorProto {
  const isRepeated = label === "repeated" || label === "map";
  const field = { name, number, label: isRepeated ? Label.REPEATED : Label.OPTIONAL, ...presence };
  if (label !== "map" && typeof type === "string") {
    return create(FieldDescriptorProtoSchema, { ...field, type: TYPES[type] });
  }
  const typeName = typeof type === "string" || label === "map" ? entryName(name) : type.name;
  return create(FieldDescriptorProtoSchema, {
    ...field,
    type: Type.MESSAGE,
    typeName: `${scope}.${typeName}`,
  });
}

/** `env_vars` as `EnvVarsEntry`, as protoc has it. */
function entryName(field: string): string {
  const words = field.split("_").map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
  return `${words.join("")}Entry`;
}
