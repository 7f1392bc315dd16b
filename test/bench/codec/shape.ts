import { kindOfSchema } from "../../../codegen/kinds/index.js";
import type { Links } from "../../../codegen/link.js";
import { type Place, placeBelow, schemaAt, textsAt } from "../../../codegen/schema.js";

/** What of a schema matters to other formats: the kinds of values, without rules that they do not know. */
export type Shape = ScalarShape | IntegerShape | ArrayShape | MapShape | UnionShape | ObjectShape;

interface ScalarShape {
  readonly kind: "boolean" | "number" | "string" | "bytes";
}

export interface IntegerShape {
  readonly kind: "integer";
  readonly minimum: number;
  readonly maximum: number;
}

export interface ArrayShape {
  readonly kind: "array";
  readonly items: Shape;
}

export interface MapShape {
  readonly kind: "map";
  readonly values: Shape;
}

export interface UnionShape {
  readonly kind: "union";
  readonly branches: readonly Shape[];
}

export interface ObjectShape {
  readonly kind: "object";
  readonly fields: readonly FieldShape[];
}

export interface FieldShape {
  readonly name: string;
  readonly isOptional: boolean;
  readonly shape: Shape;
}

/** The shape of the value that the schema at `place` describes. */
export function shapeOf(place: Place, links: Links): Shape {
  const target = links.follow(place);
  const inside = (...segments: readonly string[]) => {
    const inner = placeBelow(target, ...segments);
    if (inner === undefined) throw new Error(`${target.pointer} has no ${segments.join("/")}`);
    return shapeOf(inner, links);
  };
  const { schema } = target;
  const kind = kindOfSchema(schema);
  switch (kind) {
    case "boolean":
    case "number":
    case "string":
    case "bytes":
      return { kind };
    // An open enumeration has words that came later: to other formats it is text.
    case "enum":
      return { kind: "string" };
    case "integer":
      return {
        kind,
        minimum: Number(schema.minimum ?? Number.MIN_SAFE_INTEGER),
        maximum: Number(schema.maximum ?? Number.MAX_SAFE_INTEGER),
      };
    case "array":
      return { kind, items: inside("items") };
    case "map":
      return { kind, values: inside("additionalProperties") };
    case "union":
      return { kind, branches: branchesOf(schema).map((index) => inside("anyOf", index)) };
    case "object":
      return { kind, fields: fieldsOf(target, links) };
    default:
      throw new Error(`${target.file}#${target.pointer} is of no kind that is measured`);
  }
}

/** The fields of an object; what it says of a payload is left to whoever knows the payload. */
export function fieldsOf(target: Place, links: Links): readonly FieldShape[] {
  const required = new Set(textsAt(target.schema, "required"));
  return Object.keys(schemaAt(target.schema, "properties")).flatMap((name) => {
    const place = placeBelow(target, "properties", name);
    if (place === undefined || kindOfSchema(place.schema) === "payload") return [];
    return [{ name, isOptional: !required.has(name), shape: shapeOf(place, links) }];
  });
}

function branchesOf(schema: Place["schema"]): readonly string[] {
  return Array.isArray(schema.anyOf) ? schema.anyOf.map((_, index) => String(index)) : [];
}
