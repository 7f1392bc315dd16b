import { isSchema, type Schema } from "../schema.js";

/** Where an object begins with what it is: a file or a shared type has its title in front. */
const TITLED = ["$schema", "title", "description", "x-rnp", "x-rnp-error", "type"];

/** A field begins with its type, which is what one looks for first. */
const UNTITLED = ["$ref", "type", "format", "contentEncoding", "description"];

/** What follows: what it holds, how that is bounded, what it looks like. */
const REST = [
  "const enum x-rnp-closed deprecated anyOf properties required items propertyNames additionalProperties",
  "format contentEncoding minItems maxItems uniqueItems minProperties maxProperties",
  "minLength maxLength pattern minimum exclusiveMinimum maximum exclusiveMaximum multipleOf $defs examples",
].flatMap((keys) => keys.split(" "));

/** Keys whose objects have names of the author's choice, in an order that means something. */
const NAMED = new Set(["properties", "$defs"]);

/** Keys that hold one schema. */
const INNER = new Set(["items", "additionalProperties", "propertyNames"]);

/** A schema with its keys in order, and those of the schemas in it. The order of fields stays. */
export function inOrder(schema: Schema): Schema {
  const keys = [...(schema.title === undefined ? UNTITLED : TITLED), ...REST];
  const rank = (key: string) => (keys.includes(key) ? keys.indexOf(key) : keys.length);
  const sorted = Object.entries(schema).sort(([first], [second]) => rank(first) - rank(second));
  return Object.fromEntries(sorted.map(([key, value]) => [key, innerInOrder(key, value)]));
}

function innerInOrder(key: string, value: unknown): unknown {
  if (key === "anyOf" && Array.isArray(value))
    return value.map((item) => innerInOrder("items", item));
  if (!isSchema(value)) return value;
  if (INNER.has(key)) return inOrder(value);
  if (!NAMED.has(key)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isSchema(inner) ? inOrder(inner) : inner]),
  );
}
