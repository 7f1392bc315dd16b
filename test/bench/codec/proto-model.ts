import type { FieldShape, IntegerShape, Shape } from "./shape.js";

/** A message of Protocol Buffers, as both libraries for it are to know it. */
export interface ProtoMessage {
  readonly name: string;
  readonly fields: readonly ProtoField[];
}

export interface ProtoField {
  readonly name: string;
  /** `branch`: one of those that exclude each other. */
  readonly label: "single" | "optional" | "repeated" | "map" | "branch";
  /** A scalar by its name in .proto files, or a message that stands inside this one. */
  readonly type: ProtoScalar | ProtoMessage;
}

export type ProtoScalar = "bool" | "bytes" | "double" | "int32" | "string" | "uint32";

/** The package that the messages are in. */
export const PROTO_PACKAGE = "bench";

/** The field of a message that is there because only a field can be a list. */
export const LIST_FIELD = "items";

const UINT32_MAX = 2 ** 32 - 1;
const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** The message of an object. */
export function protoMessage(name: string, fields: readonly FieldShape[]): ProtoMessage {
  return { name, fields: fields.map(protoField) };
}

/** The messages that stand inside `message`. */
export function nestedIn({ fields }: ProtoMessage): readonly ProtoMessage[] {
  return fields.flatMap(({ type }) => (typeof type === "string" ? [] : [type]));
}

/** The field of a union that holds a branch. */
export function branchField(branch: Shape): string {
  return `${branch.kind}_value`;
}

function protoField({ name, isOptional, shape }: FieldShape): ProtoField {
  switch (shape.kind) {
    case "array":
      return { name, label: "repeated", type: protoType(shape.items, name) };
    case "map":
      return { name, label: "map", type: protoType(shape.values, name) };
    default:
      return { name, label: isOptional ? "optional" : "single", type: protoType(shape, name) };
  }
}

function protoType(shape: Shape, field: string): ProtoField["type"] {
  const name = `Of_${field}`;
  switch (shape.kind) {
    case "boolean":
      return "bool";
    case "number":
      return "double";
    case "string":
    case "bytes":
      return shape.kind;
    case "integer":
      return integerType(shape);
    case "object":
      return protoMessage(name, shape.fields);
    case "union":
      return { name, fields: shape.branches.map(branchOf) };
    default:
      return protoMessage(name, [{ name: LIST_FIELD, isOptional: false, shape }]);
  }
}

function branchOf(shape: Shape): ProtoField {
  const name = branchField(shape);
  return { name, label: "branch", type: protoType(shape, name) };
}

/**
 * The fastest type that gives a number back. Beyond 32 bits that is a double, for both libraries read 64-bit
 * integers as something else; all integers of the schemas are exact in a double.
 */
function integerType({ minimum, maximum }: IntegerShape): ProtoScalar {
  if (minimum >= 0 && maximum <= UINT32_MAX) return "uint32";
  return minimum >= INT32_MIN && maximum <= INT32_MAX ? "int32" : "double";
}
