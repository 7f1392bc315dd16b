import { placeBelow, textAt } from "../schema.js";
import type { LintContext } from "./rule.js";

/** A pattern of a text or of the keys of a map, and where it stands. */
export interface Pattern {
  readonly place: { readonly file: string; readonly pointer: string };
  readonly source: string;
  /** How many characters the text has at most. */
  readonly lengthMax: number;
}

/** All patterns in the schemas. */
export function patternsOf({ values }: LintContext): readonly Pattern[] {
  return values.flatMap((value) => {
    const schema = value.kind === "map" ? placeBelow(value, "propertyNames") : value;
    const source = schema === undefined ? undefined : textAt(schema.schema, "pattern");
    if (schema === undefined || source === undefined) return [];
    return [{ place: schema, source, lengthMax: Number(schema.schema.maxLength) }];
  });
}
