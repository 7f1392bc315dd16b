import type { Field, UnionField } from "../model.js";
import type { Schema } from "../schema.js";
import type { Inspection, Kind } from "./kind.js";
import { code, layOut } from "./steps.js";

/** What readers tell apart, by the kinds that are so. */
const GROUPS: Partial<Record<Field["kind"], string>> = {
  string: "string",
  enum: "string",
  boolean: "boolean",
  integer: "number",
  number: "number",
  array: "array",
};

/** What picks an alternative out of the type of the union. */
const TYPES: Partial<Record<Field["kind"], string>> = {
  string: "string",
  enum: "string",
  boolean: "boolean",
  integer: "number",
  number: "number",
  array: "readonly unknown[]",
};

const ALLOWED = "unions are of text, numbers, booleans and arrays of these";

/** One of several simple types. Objects are none of them: two shapes of an object are two messages. */
export const unionKind: Kind<UnionField> = {
  keywords: ["anyOf"],
  required: {},
  check(schema, inspection) {
    const seen = new Set<string>();
    for (const index of indexesOf(schema)) {
      inspection.inspect("anyOf", index);
      const kind = inspection.kindAt("anyOf", index);
      if (kind === undefined) continue;
      const group = GROUPS[kind];
      if (group === undefined) {
        inspection.refuse(["anyOf", index], `is of the kind ${kind}: ${ALLOWED}`);
        continue;
      }
      if (group === "array") checkItems(index, inspection);
      if (seen.has(group)) {
        const text = `is a second ${group}, which readers cannot tell from the first: join the two`;
        inspection.refuse(["anyOf", index], text);
      }
      seen.add(group);
    }
  },
  build: (schema, builder) => ({
    kind: "union",
    alternatives: indexesOf(schema).map((index) => builder.field(index, "anyOf", index)),
  }),
  typeSchema: ({ alternatives }, of) => ({ anyOf: alternatives.map(of) }),
  rules: ({ alternatives }, _side, of) => ({ anyOf: alternatives.map(of) }),
  sizeMax: ({ alternatives }, of) => Math.max(...alternatives.map(of)),
  encode({ alternatives }, value, scope) {
    const branches = alternatives.map((alternative) => {
      const head = `if (${test(alternative, value)}) {`;
      return [head, ...layOut(scope.encode(alternative, value)), "}"];
    });
    const lines = branches.flatMap((lines, index) => (index === 0 ? lines : ["else", ...lines]));
    return [code(...lines, "else return false;")];
  },
  decode({ alternatives }, name, type, scope) {
    const cases = alternatives.flatMap((alternative) => {
      const inner = `${name}As${capital(GROUPS[alternative.kind] ?? "")}`;
      const lines = scope.decode(
        alternative,
        inner,
        `Extract<${type}, ${TYPES[alternative.kind]}>`,
      );
      const group = JSON.stringify(GROUPS[alternative.kind]);
      return [`case ${group}: {`, ...lines, `${name} = ${inner};`, "break;", "}"];
    });
    return [
      `let ${name}: ${type};`,
      "switch (reader.peek()) {",
      ...cases,
      "default:",
      "return undefined;",
      "}",
    ];
  },
};

function indexesOf(schema: Schema): readonly string[] {
  return Array.isArray(schema.anyOf) ? schema.anyOf.map((_, index) => String(index)) : [];
}

function checkItems(index: string, inspection: Inspection): void {
  const segments = ["anyOf", index, "items"];
  const kind = inspection.kindAt(...segments);
  if (kind === undefined || (GROUPS[kind] !== undefined && kind !== "array")) return;
  inspection.refuse(segments, `is of the kind ${kind}: ${ALLOWED}`);
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function test(field: Field, value: string): string {
  if (field.kind === "array") return `Array.isArray(${value})`;
  return `typeof ${value} === ${JSON.stringify(GROUPS[field.kind])}`;
}
