import type { Field, ObjectField } from "../model.js";
import { FILES } from "./files.js";
import type { Imports } from "./imports.js";

/** The fields directly inside `field`. A shared type is a name here; what is inside it is written elsewhere. */
export function insideOf(field: Field): readonly Field[] {
  switch (field.kind) {
    case "array":
      return [field.item];
    case "map":
      return [field.value];
    case "union":
      return field.alternatives;
    case "object":
      return field.properties.map((property) => property.field);
    default:
      return [];
  }
}

/** Imports the shared types that the declaration of `field` mentions. */
export function importTypes(field: Field, imports: Imports): void {
  if (field.kind === "shared") imports.typeFrom(FILES.types, field.type.name);
  for (const inner of insideOf(field)) importTypes(inner, imports);
}

/** `field` if it is an object, then the objects inside it; shared types are declared elsewhere. */
export function objectsIn(field: Field): readonly ObjectField[] {
  const inside = insideOf(field).flatMap(objectsIn);
  return field.kind === "object" ? [field, ...inside] : inside;
}
