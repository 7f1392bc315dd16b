import fc from "fast-check";
import { link } from "../../../codegen/link.js";
import type { Schema } from "../../../codegen/schema.js";
import { SYNTHETIC_TYPES } from "../../bench/gen/synthetic-fields.js";
import { Random } from "../../support/codec/random.js";
import { arbitraryOf } from "../schema/arbitrary.js";

const SHARED_NAMES = ["item_id", "checksum", "colour", "labels", "position"];
const FIELD_COUNT_MAX = 20;
/** Names whose bytes begin alike, are short, or are words of the languages around. */
const FIELD_NAMES = "a b aa ab abc abd value data type extra reader offset view class default "
  .concat(
    "delete field_1 field_11 field_111 a_rather_long_name_of_a_field_to_be_read_in_words count ",
  )
  .concat("index key item name length of x y")
  .split(" ");

/** A schema folder of `count` messages with fields at random; the same for the same seed. */
export function randomSchemas(seed: number, count: number): ReadonlyMap<string, Schema> {
  const random = new Random(seed);
  const schemas = new Map([["types.schema.json", SYNTHETIC_TYPES]]);
  for (let index = 0; index < count; index++) {
    schemas.set(`messages/random/m${index}.schema.json`, messageOf(index, random));
  }
  return exemplified(schemas, seed);
}

/** The same schemas, each message with an example at random. Fails where a schema allows no value. */
export function exemplified(
  schemas: ReadonlyMap<string, Schema>,
  seed: number,
): ReadonlyMap<string, Schema> {
  const { links } = link(schemas);
  return new Map(
    [...schemas].map(([file, schema]) => {
      if (file === "types.schema.json") return [file, schema];
      const values = arbitraryOf({ file, pointer: "", schema }, links);
      return [file, { ...schema, examples: fc.sample(values, { seed, numRuns: 1 }).map(asJson) }];
    }),
  );
}

/** A value as JSON can say it; integers of 64 bits that it cannot are brought near. */
function asJson(value: unknown): unknown {
  if (typeof value === "bigint") {
    const limit = Number.MAX_SAFE_INTEGER;
    return Math.max(-limit, Math.min(limit, Number(value)));
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asJson(inner)]));
}

function messageOf(index: number, random: Random): Schema {
  return {
    title: `Random${index}`,
    description: "A message of fields at random.",
    "x-rnp": {
      from: ["node"],
      to: ["node"],
      layer: "application",
      frequency: "Only in tests.",
      pool: "peer",
      delivery: "at-most-once",
    },
    ...objectOf(random, 2, index === 0 ? FIELD_COUNT_MAX : 1 + random.below(8)),
  };
}

function objectOf(random: Random, depth: number, fieldCount: number): Schema {
  const names = random.shuffled(FIELD_NAMES).slice(0, fieldCount);
  const rarity = random.pick([1, 2, 1000]);
  const required = names.filter(() => !random.oneIn(rarity));
  return {
    type: "object",
    properties: Object.fromEntries(
      names.map((name) => [name, { description: "A field.", ...fieldOf(random, depth) }]),
    ),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
    ...(random.oneIn(4) ? { "x-rnp-closed": true } : {}),
  };
}

/** A schema of any kind; below a depth of 0 a simple one. */
function fieldOf(random: Random, depth: number): Schema {
  const makers = depth > 0 ? [...SIMPLE, ...SIMPLE, ...NESTED] : SIMPLE;
  return random.pick(makers)(random, depth - 1);
}

type Maker = (random: Random, depth: number) => Schema;

const SCALARS: readonly Maker[] = [
  () => ({ type: "boolean" }),
  (random) => ({ type: "integer", ...openRange(random) }),
  (random) => ({ type: "number", ...openRange(random) }),
  textOf,
  (random) => ({
    enum: random.shuffled(["a", "bb", "é", "🙂", "word"]).slice(0, 1 + random.below(5)),
  }),
];

const SIMPLE: readonly Maker[] = [
  ...SCALARS,
  (random) => ({ type: "integer", format: "int64", ...(random.oneIn(2) ? range(random) : {}) }),
  (random) => ({ type: "string", contentEncoding: "base64", maxLength: 4 * random.below(100) }),
  () => ({ enum: ["fast", "safe"], "x-rnp-closed": true }),
  (random) => ({ const: random.pick(["v1", "", "é", true, false, 0, 7, -1, 300, 0.5, 70_000]) }),
  unionOf,
];

const NESTED: readonly Maker[] = [
  (random) => ({ $ref: `../../types.schema.json#/$defs/${random.pick(SHARED_NAMES)}` }),
  (random, depth) => objectOf(random, depth, random.below(5)),
  (random, depth) => ({ type: "array", items: fieldOf(random, depth), ...counts(random, "Items") }),
  (random) => ({
    type: "array",
    items: random.pick(SCALARS)(random, 0),
    minItems: 0,
    maxItems: 12,
    uniqueItems: true,
  }),
  (random, depth) => ({
    type: "object",
    propertyNames: keyOf(random),
    additionalProperties: fieldOf(random, depth),
    ...counts(random, "Properties"),
  }),
];

function unionOf(random: Random): Schema {
  const [boolean, integer, number, text] = SCALARS;
  const makers = random.shuffled([boolean, random.oneIn(2) ? integer : number, text]).slice(1);
  return { anyOf: makers.map((make) => make?.(random, 0)) };
}

function textOf(random: Random): Schema {
  if (random.oneIn(3)) return { type: "string", maxLength: 20, pattern: "^[a-zé]{1,20}$" };
  const maxLength = random.pick([1, 15, 31, 32, 63, 255, 300, 5000]);
  return { type: "string", minLength: random.below(Math.min(3, maxLength + 1)), maxLength };
}

function keyOf(random: Random): Schema {
  return random.oneIn(2) ? { maxLength: 40 } : { maxLength: 8, pattern: "^[a-z]{1,8}$" };
}

/** Bounds that integers of 64 bits have as well. */
function range(random: Random): Schema {
  const minimum = random.pick(MINIMUMS);
  const maximum = minimum + random.pick(WIDTHS);
  return random.pick<Schema>([{}, { minimum, maximum }, { minimum: 0 }]);
}

/** The same, or one that leaves out its end. */
function openRange(random: Random): Schema {
  const minimum = random.pick(MINIMUMS);
  const exclusiveMaximum = minimum + random.pick(WIDTHS);
  return random.oneIn(2) ? { minimum, exclusiveMaximum } : range(random);
}

const MINIMUMS = [-(2 ** 40), -129, -33, -1, 0, 1, 100];
const WIDTHS = [1, 10, 300, 70_000, 2 ** 33];

function counts(random: Random, noun: "Items" | "Properties"): Schema {
  return { [`min${noun}`]: random.below(2), [`max${noun}`]: random.pick([1, 3, 15, 16, 20]) };
}
