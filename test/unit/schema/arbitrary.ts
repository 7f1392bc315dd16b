import fc from "fast-check";
import { kindOfSchema } from "../../../codegen/kinds/index.js";
import type { Links } from "../../../codegen/link.js";
import { type Place, placeBelow, schemaAt, textsAt } from "../../../codegen/schema.js";

/**
 * Values that a schema allows, as TypeScript has them: `Uint8Array` for bytes, `bigint` for 64 bits. It is
 * written against the schemas and not against the generator's model, so that it can find a mistake there.
 */
export function arbitraryOf(place: Place, links: Links): fc.Arbitrary<unknown> {
  const target = links.follow(place);
  const { schema } = target;
  const inside = (...segments: readonly string[]) => {
    const inner = placeBelow(target, ...segments);
    if (inner === undefined) throw new Error(`${target.pointer} has no ${segments.join("/")}`);
    return arbitraryOf(inner, links);
  };
  const number = (keyword: string, otherwise: number) => Number(schema[keyword] ?? otherwise);
  switch (kindOfSchema(schema)) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return integers(number);
    case "int64":
      return fc.bigInt({
        min: BigInt(number("minimum", -(2 ** 63))),
        max: schema.maximum === undefined ? 2n ** 63n - 1n : BigInt(number("maximum", 0)),
      });
    case "number":
      return numbers(number);
    case "string":
      return texts(target.schema, number("minLength", 0), number("maxLength", 0));
    case "bytes":
      return fc.uint8Array({ maxLength: (number("maxLength", 0) / 4) * 3, size: "medium" });
    case "enum":
      return fc.constantFrom(...textsAt(schema, "enum"));
    case "const":
      return fc.constant(schema.const);
    case "union":
      return fc.oneof(
        ...(schema.anyOf as readonly unknown[]).map((_, index) => inside("anyOf", String(index))),
      );
    case "array":
      return arrays(inside("items"), schema.uniqueItems === true, number);
    case "map":
      return maps(target, inside("additionalProperties"), number);
    case "object":
      return fc.record(
        Object.fromEntries(
          Object.keys(schemaAt(schema, "properties")).map((name) => [
            name,
            inside("properties", name),
          ]),
        ),
        { requiredKeys: [...textsAt(schema, "required")] as never[] },
      );
    default:
      throw new Error(`${target.file}#${target.pointer} is of no kind that is tried here`);
  }
}

type NumberAt = (keyword: string, otherwise: number) => number;

function integers(number: NumberAt): fc.Arbitrary<number> {
  const min = Math.max(
    number("minimum", Number.MIN_SAFE_INTEGER),
    number("exclusiveMinimum", -Infinity) + 1,
  );
  const max = Math.min(
    number("maximum", Number.MAX_SAFE_INTEGER),
    number("exclusiveMaximum", Infinity) - 1,
  );
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
}

function numbers(number: NumberAt): fc.Arbitrary<number> {
  const min = number("minimum", -Number.MAX_VALUE);
  const max = number("maximum", number("exclusiveMaximum", Number.MAX_VALUE));
  const range = { min, max, noNaN: true, noDefaultInfinity: true };
  // -0 travels as the integer 0, which is equal but not identical.
  return fc.double(range).map((value) => (value === 0 || value === max ? min : value) + 0);
}

/** Text of all planes; with a pattern, text that matches it, or the examples where it looks ahead. */
function texts(
  schema: Place["schema"],
  minLength: number,
  maxLength: number,
): fc.Arbitrary<string> {
  const { pattern } = schema;
  if (typeof pattern !== "string")
    return fc.string({ unit: "binary", minLength, maxLength, size: "medium" });
  const examples = textsAt(schema, "examples");
  if (pattern.includes("(?!")) return fc.constantFrom(...examples);
  const isShort = (text: string) => [...text].length <= maxLength;
  return fc.stringMatching(new RegExp(pattern, "u")).filter(isShort);
}

function arrays(item: fc.Arbitrary<unknown>, isUnique: boolean, number: NumberAt) {
  const bounds = { minLength: number("minItems", 0), maxLength: number("maxItems", 0) };
  return isUnique ? fc.uniqueArray(item, bounds) : fc.array(item, bounds);
}

function maps(place: Place, value: fc.Arbitrary<unknown>, number: NumberAt) {
  const names = schemaAt(place.schema, "propertyNames");
  const key = texts(names, Number(names.minLength ?? 0), Number(names.maxLength));
  const isAllowed = (name: string) => name !== "__proto__";
  const bounds = { minKeys: number("minProperties", 0), maxKeys: number("maxProperties", 0) };
  return fc.dictionary(key.filter(isAllowed), value, { ...bounds, noNullPrototype: true });
}
