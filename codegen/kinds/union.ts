import type { Field, UnionField } from "../model.js";
import type { Inspection, Kind } from "./kind.js";
import { code, layOut } from "./steps.js";

/** What `typeof` and `Array.isArray` tell apart, by the kinds that are so. */
const CLASSES: Partial<Record<Field["kind"], string>> = {
  string: "text",
  enum: "text",
  boolean: "boolean",
  integer: "number",
  number: "number",
  array: "array",
};

/** One of several simple types. Objects are none of them: two shapes of an object are two messages. */
export const unionKind: Kind<UnionField> = {
  keywords: ["anyOf"],
  required: {},
  check(schema, inspection) {
    const seen = new Set<string>();
    const { length } = Array.isArray(schema.anyOf) ? schema.anyOf : [];
    for (let index = 0; index < length; index++) {
      const segments = ["anyOf", String(index)];
      inspection.inspect(...segments);
      const kind = inspection.kindAt(...segments);
      const group = kind === undefined ? undefined : CLASSES[kind];
      if (kind === "array") checkItems(segments, inspection);
      if (kind !== undefined && group === undefined) {
        inspection.refuse(
          segments,
          `is of the kind ${kind}: unions are of text, numbers, booleans and arrays of these`,
        );
      } else if (group !== undefined && seen.has(group)) {
        inspection.refuse(
          segments,
          `is a second ${group}, which readers cannot tell from the first: join the two`,
        );
      }
      if (group !== undefined) seen.add(group);
    }
  },
  build(schema, builder) {
    const { length } = schema.anyOf as readonly unknown[];
    const indexes = Array.from({ length }, (_, index) => String(index));
    return {
      kind: "union",
      alternatives: indexes.map((index) => builder.field(index, "anyOf", index)),
    };
  },
  typeSchema: ({ alternatives }, of) => ({ anyOf: alternatives.map(of) }),
  rules: ({ alternatives }, _side, of) => ({ anyOf: alternatives.map(of) }),
  sizeMax: ({ alternatives }, of) => Math.max(...alternatives.map(of)),
  encode({ alternatives }, value, scope) {
    const branches = alternatives.map((alternative, index) => {
      const head = index === alternatives.length - 1 ? "{" : `if (${test(alternative, value)}) {`;
      return [head, ...layOut(scope.encode(alternative, value)), "}"];
    });
    const lines = branches.flatMap((lines, index) => (index === 0 ? lines : ["else", ...lines]));
    return [code(...lines)];
  },
};

function checkItems(segments: readonly string[], inspection: Inspection): void {
  const kind = inspection.kindAt(...segments, "items");
  if (kind === undefined || (CLASSES[kind] !== undefined && kind !== "array")) return;
  inspection.refuse(
    [...segments, "items"],
    `is of the kind ${kind}: arrays in a union hold text, numbers or booleans`,
  );
}

function test(field: Field, value: string): string {
  if (field.kind === "array") return `Array.isArray(${value})`;
  const type = CLASSES[field.kind] === "text" ? "string" : CLASSES[field.kind];
  return `typeof ${value} === ${JSON.stringify(type)}`;
}
