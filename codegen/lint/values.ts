import { kindOfSchema } from "../kinds/index.js";
import type { Links } from "../link.js";
import { ENVELOPE_FILE, isErrorFile, isMessageFile } from "../load.js";
import type { Field } from "../model.js";
import { type Place, placeBelow, schemaAt } from "../schema.js";

/** A schema that describes a value, and what it is in its file. */
export interface Value extends Place {
  readonly kind: Field["kind"];
  /** The name of the field, where it is one. */
  readonly name: string | undefined;
}

/** All values that the files describe: bodies, shared types, and what is inside these. */
export function valuesOf({ files }: Links): readonly Value[] {
  return [...files].flatMap(([file, schema]) => {
    const root: Place = { file, pointer: "", schema };
    const names = Object.keys(schemaAt(schema, "$defs"));
    const definitions = names.flatMap((name) => valuesAt(root, undefined, "$defs", name));
    return isBody(file) ? [...valuesWithin(root, undefined), ...definitions] : definitions;
  });
}

/** Whether the root of a file describes a value. */
export function isBody(file: string): boolean {
  return isMessageFile(file) || isErrorFile(file) || file === ENVELOPE_FILE;
}

function valuesWithin(place: Place, name: string | undefined): readonly Value[] {
  const kind = kindOfSchema(place.schema);
  if (kind === undefined) return [];
  const fields = Object.keys(schemaAt(place.schema, "properties"));
  const alternatives = Array.isArray(place.schema.anyOf) ? place.schema.anyOf : [];
  return [
    { ...place, kind, name },
    ...fields.flatMap((field) => valuesAt(place, field, "properties", field)),
    ...valuesAt(place, undefined, "items"),
    ...valuesAt(place, undefined, "additionalProperties"),
    ...alternatives.flatMap((_, index) => valuesAt(place, undefined, "anyOf", String(index))),
  ];
}

function valuesAt(
  place: Place,
  name: string | undefined,
  ...segments: readonly string[]
): readonly Value[] {
  const inner = placeBelow(place, ...segments);
  return inner === undefined ? [] : valuesWithin(inner, name);
}
