import { mapValues } from "./messages.js";
import { branchField, LIST_FIELD } from "./proto-model.js";
import type { ObjectShape, Shape, UnionShape } from "./shape.js";

/** A value as the message of `protoMessage` has it: a union names the branch that it takes. */
export function protoValue(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "object":
      return mapValues(value as object, (item, name) => protoValue(fieldShape(shape, name), item));
    case "map":
      return mapValues(value as object, (item) => protoValue(shape.values, item));
    case "array":
      return (value as readonly unknown[]).map((item) => protoValue(shape.items, item));
    case "union":
      return unionValue(shape, value);
    default:
      return value;
  }
}

function fieldShape({ fields }: ObjectShape, name: string): Shape {
  const field = fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`the shape has no field ${name}`);
  return field.shape;
}

function unionValue({ branches }: UnionShape, value: unknown): unknown {
  const kind = Array.isArray(value) ? "array" : typeof value;
  const branch = branches.find((candidate) => candidate.kind === kind);
  if (branch === undefined) throw new Error(`the union has no branch for a ${kind}`);
  const inner = protoValue(branch, value);
  return { [branchField(branch)]: branch.kind === "array" ? { [LIST_FIELD]: inner } : inner };
}
