import type { Field } from "../model.js";
import { isSchema, type Schema } from "../schema.js";
import { arrayKind } from "./array.js";
import { booleanKind } from "./boolean.js";
import { bytesKind } from "./bytes.js";
import { constKind } from "./const.js";
import { enumKind } from "./enum.js";
import { int64Kind } from "./int64.js";
import { integerKind } from "./integer.js";
import type { Kind, Scope, Side } from "./kind.js";
import { mapKind } from "./map.js";
import { numberKind } from "./number.js";
import { objectKind } from "./object.js";
import { payloadKind } from "./payload.js";
import { sharedKind } from "./shared.js";
import type { Step } from "./steps.js";
import { stringKind } from "./string.js";
import { unionKind } from "./union.js";

const KINDS: { readonly [Name in Field["kind"]]: Kind<Extract<Field, { kind: Name }>> } = {
  boolean: booleanKind,
  integer: integerKind,
  int64: int64Kind,
  number: numberKind,
  string: stringKind,
  bytes: bytesKind,
  enum: enumKind,
  const: constKind,
  union: unionKind,
  array: arrayKind,
  map: mapKind,
  object: objectKind,
  shared: sharedKind,
  payload: payloadKind,
};

/** What the generator knows about a kind. */
export function kindNamed(name: Field["kind"]): Kind {
  return KINDS[name] as Kind;
}

/** Which kind of value a schema describes, or `undefined` where the generator knows none such. */
export function kindOfSchema(schema: Schema): Field["kind"] | undefined {
  if (schema.$ref !== undefined) return "shared";
  if (schema.anyOf !== undefined) return "union";
  if (schema.const !== undefined) return "const";
  if (schema.enum !== undefined) return "enum";
  return kindOfType(schema);
}

function kindOfType(schema: Schema): Field["kind"] | undefined {
  switch (schema.type) {
    case "boolean":
    case "number":
    case "array":
      return schema.type;
    case "integer":
      return schema.format === "int64" ? "int64" : "integer";
    case "string":
      return schema.contentEncoding === undefined ? "string" : "bytes";
    case "object":
      return kindOfObject(schema);
    default:
      return undefined;
  }
}

function kindOfObject(schema: Schema): Field["kind"] {
  if (isSchema(schema.additionalProperties)) return "map";
  return schema.additionalProperties === true ? "payload" : "object";
}

/** What json-schema-to-typescript is told of a field. */
export function typeSchemaOf(field: Field): Schema {
  return kindNamed(field.kind).typeSchema(field, typeSchemaOf);
}

/** What ajv is told of a field. */
export function rulesOf(field: Field, side: Side): Schema {
  return kindNamed(field.kind).rules(field, side, (inner) => rulesOf(inner, side));
}

/** The most bytes that an encoded field takes. */
export function sizeMaxOf(field: Field): number {
  return kindNamed(field.kind).sizeMax(field, sizeMaxOf);
}

/** What writes `value`. */
export function encodeOf(field: Field, value: string, scope: Scope): readonly Step[] {
  return kindNamed(field.kind).encode(field, value, scope);
}

/** What reads one value into the constant `name`. */
export function decodeOf(
  field: Field,
  name: string,
  type: string,
  scope: Scope,
): readonly string[] {
  return kindNamed(field.kind).decode(field, name, type, scope);
}

/** An expression for what TypeScript says `value` is, or `undefined` where the wire has it so. */
export function convertOf(field: Field, value: string, scope: Scope): string | undefined {
  return kindNamed(field.kind).convert?.(field, value, scope);
}

/** Statements that convert what is inside `value`. */
export function convertInsideOf(field: Field, value: string, scope: Scope): readonly string[] {
  return kindNamed(field.kind).convertInside?.(field, value, scope) ?? [];
}
