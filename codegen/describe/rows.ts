import type { Field, ObjectField } from "../model.js";
import { fieldWords } from "./words.js";

/** One field of a message for people, those inside objects included. */
export interface FieldRow {
  /** From the body on: `filters.tags`, `members[].node`, `labels{}.name`. */
  readonly path: string;
  /** How many objects it is inside of. */
  readonly depth: number;
  readonly isRequired: boolean;
  readonly isDeprecated: boolean;
  /** Its type and bounds in words. */
  readonly words: string;
  readonly doc: string;
}

/** All fields of an object in the order in which they are written, each with what is inside it behind it. */
export function fieldRows(body: ObjectField, prefix = "", depth = 0): readonly FieldRow[] {
  return body.properties.flatMap(({ name, doc, isRequired, isDeprecated, field }) => {
    const path = `${prefix}${name}`;
    const row = { path, depth, isRequired, isDeprecated, words: fieldWords(field), doc };
    const inner = innerObject(field);
    if (inner === undefined) return [row];
    return [row, ...fieldRows(inner.object, `${path}${inner.step}.`, depth + 1)];
  });
}

/** The object that a field holds, itself or as items or entries, and how the path goes on. */
function innerObject(field: Field): { object: ObjectField; step: string } | undefined {
  if (field.kind === "object") return { object: field, step: "" };
  if (field.kind === "shared") return innerObject(field.type.field);
  if (field.kind !== "array" && field.kind !== "map") return undefined;
  const inner = innerObject(field.kind === "array" ? field.item : field.value);
  const step = field.kind === "array" ? "[]" : "{}";
  return inner === undefined ? undefined : { object: inner.object, step: step + inner.step };
}
