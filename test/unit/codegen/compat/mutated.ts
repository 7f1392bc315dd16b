import { isSchema, type Schema } from "../../../../codegen/schema.js";
import type { Random } from "../../../support/codec/random.js";

/** Keywords that bound a value, and by how much a version might move them. */
const BOUNDS =
  "minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties multipleOf".split(
    " ",
  );

type Change = (schema: Record<string, unknown>, random: Random) => void;

const CHANGES: readonly Change[] = [
  function moveBound(schema, random) {
    // Of booleans that differ there are two, and no list can be made of three.
    const fixed = schema.uniqueItems === true ? "minItems" : "";
    const isBound = (keyword: string) => typeof schema[keyword] === "number" && keyword !== fixed;
    const bounds = BOUNDS.filter(isBound);
    if (bounds.length === 0) return;
    const keyword = random.pick(bounds);
    const isCount = /Items|Properties/.test(keyword);
    const step = schema.contentEncoding === undefined ? random.pick([1, 2, isCount ? 3 : 300]) : 4;
    const moved = Number(schema[keyword]) + (random.oneIn(2) ? step : -step);
    // A length of nothing is one that no pattern has, and texts would be tried for ever.
    const least = keyword === "maxLength" && step !== 4 ? 1 : 0;
    schema[keyword] = keyword.endsWith("imum") ? moved : Math.max(least, moved);
  },
  function dropBound(schema, random) {
    const optional = [
      "minimum",
      "maximum",
      "exclusiveMaximum",
      "minLength",
      "pattern",
      "uniqueItems",
      "minItems",
    ];
    const present = optional.filter((keyword) => schema[keyword] !== undefined);
    if (present.length > 0) delete schema[random.pick(present)];
  },
  function changeWords(schema, random) {
    if (!Array.isArray(schema.enum)) return;
    if (random.oneIn(2)) schema.enum = [...schema.enum, "later"];
    else if (schema.enum.length > 1) schema.enum = schema.enum.slice(1);
  },
  function toggleClosed(schema) {
    if (schema.enum === undefined && schema.properties === undefined) return;
    if (schema["x-rnp-closed"] === true) delete schema["x-rnp-closed"];
    else schema["x-rnp-closed"] = true;
  },
  function toggleRequired(schema, random) {
    const names = Object.keys(isSchema(schema.properties) ? schema.properties : {});
    if (names.length === 0) return;
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const name = random.pick(names);
    if (!required.delete(name)) required.add(name);
    if (required.size > 0) schema.required = [...required];
    else delete schema.required;
  },
  function dropField(schema, random) {
    const fields = isSchema(schema.properties) ? schema.properties : {};
    const names = Object.keys(fields);
    if (names.length === 0) return;
    const gone = random.pick(names);
    schema.properties = Object.fromEntries(
      Object.entries(fields).filter(([name]) => name !== gone),
    );
    const required = Array.isArray(schema.required) ? schema.required : [];
    const left = required.filter((name) => name !== gone);
    if (left.length > 0) schema.required = left;
    else delete schema.required;
  },
  function addField(schema, random) {
    if (!isSchema(schema.properties)) return;
    const type = random.pick<Schema>([{ type: "boolean" }, { type: "string", maxLength: 4 }]);
    schema.properties = { ...schema.properties, added: { description: "Added.", ...type } };
  },
  function changeType(schema) {
    if (schema.type === "integer") schema.type = "number";
    else if (schema.type === "number") schema.type = "integer";
  },
];

/** A copy of the schema of a message with up to three things in it changed, good or not. */
export function mutated(schema: Schema, random: Random): Schema {
  const copy: Record<string, unknown> = structuredClone(schema);
  for (let left = 1 + random.below(3); left > 0; left--) {
    random.pick(CHANGES)(random.pick(valuesWithin(copy)), random);
  }
  return copy;
}

/** Every schema of a value inside another, itself included. */
function valuesWithin(schema: Record<string, unknown>): readonly Record<string, unknown>[] {
  const { properties, items, additionalProperties, anyOf } = schema;
  const inner = [
    ...Object.values(isSchema(properties) ? properties : {}),
    items,
    additionalProperties,
  ];
  const all = [...inner, ...(Array.isArray(anyOf) ? anyOf : [])];
  return [
    schema,
    ...all.filter(isSchema).flatMap((value) => valuesWithin(value as Record<string, unknown>)),
  ];
}
