import type { Field } from "../../model.js";
import type { Place } from "../../schema.js";
import type { MismatchRule, Walk } from "../mismatch.js";

/** A pair of fields whose kinds are looked at, and what a comparer may do about them. */
export interface Comparison<Writer extends Field = Field, Reader extends Field = Field> {
  readonly writer: Writer;
  readonly reader: Reader;
  readonly place: Place;
  readonly walk: Walk;
  refuse(rule: MismatchRule, what: string, at?: Place): void;
  /** Goes on with a pair of fields inside these. */
  compare(writer: Field, reader: Field): void;
  /** Whether all that one field writes is read by another. */
  isReadable(writer: Field, reader: Field): boolean;
}

/** What a field is where it refers to a shared type. */
export function target(field: Field): Field {
  return field.kind === "shared" ? target(field.type.field) : field;
}

/** `a value of the kind map`. */
export function kindWords({ kind }: Field): string {
  const words: Partial<Record<Field["kind"], string>> = {
    int64: "a 64-bit integer",
    enum: "a word",
    union: "one of several types",
  };
  return words[kind] ?? `a value of the kind ${kind}`;
}
