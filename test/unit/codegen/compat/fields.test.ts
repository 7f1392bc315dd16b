import { describe, expect, test } from "vitest";
import type { Schema } from "../../../../codegen/schema.js";
import { messageSchema } from "../support.js";
import { lineOf, verdictsOn } from "./kit.js";

const DEMO = "messages/demo.schema.json";

/** A message whose one field `a` has this schema, or which has no such field. */
function holding(field: Schema | undefined, rest: Schema = {}): ReadonlyMap<string, Schema> {
  const properties = field === undefined ? {} : { a: { description: "A field.", ...field } };
  return new Map([[DEMO, messageSchema({ properties, ...rest })]]);
}

/** What is said of the change, with `@` for the place of the field. */
async function said(old: ReadonlyMap<string, Schema>, now: ReadonlyMap<string, Schema>) {
  const verdicts = await verdictsOn(old, now);
  return verdicts.map((verdict) => lineOf(verdict).replace("messages/demo#/properties/a", "@"));
}

const text = (lengthMax: number, rest: Schema = {}): Schema => ({
  type: "string",
  maxLength: lengthMax,
  ...rest,
});
const like = (pattern: string): Schema => text(64, { pattern });
const integer = (minimum: number, maximum: number, rest: Schema = {}): Schema => ({
  type: "integer",
  minimum,
  maximum,
  ...rest,
});
const number = (rest: Schema): Schema => ({ type: "number", ...rest });
const int64: Schema = { type: "integer", format: "int64" };
const bytes = (lengthMax: number): Schema => text(lengthMax, { contentEncoding: "base64" });
const words = (...list: readonly string[]): Schema => ({ enum: list });
const closed = (...list: readonly string[]): Schema => ({ enum: list, "x-rnp-closed": true });
const list = (items: Schema, rest: Schema = {}): Schema => ({
  type: "array",
  items,
  maxItems: 8,
  ...rest,
});
const map = (rest: Schema = {}): Schema => ({
  type: "object",
  propertyNames: { maxLength: 8 },
  additionalProperties: { type: "boolean" },
  maxProperties: 8,
  ...rest,
});
const object = (properties: Schema, rest: Schema = {}): Schema => ({
  type: "object",
  properties,
  additionalProperties: false,
  ...rest,
});
const flag = { type: "boolean", description: "A flag." };
const oneOf = (...anyOf: readonly Schema[]): Schema => ({ anyOf });
const BOOLEAN: Schema = { type: "boolean" };

/** Narrowed from the first to the second: old messages are refused. Widened back: old peers refuse. */
const NARROWED: readonly (readonly [string, Schema, Schema, string])[] = [
  ["a text gets shorter", text(64), text(63), "bound @"],
  ["a text has to be longer", text(64), text(64, { minLength: 1 }), "bound @"],
  ["a text gets a pattern", text(64), like("^[a-z]*$"), "pattern @"],
  ["a pattern takes less", like("^[a-z0-9]{1,63}$"), like("^[a-z]{1,63}$"), "pattern @"],
  ["a pattern takes fewer", like("^[a-z]{1,63}$"), like("^[a-z]{2,63}$"), "pattern @"],
  ["bytes get fewer", bytes(64), bytes(60), "bound @"],
  ["the smallest integer rises", integer(0, 9), integer(1, 9), "bound @"],
  ["the largest integer falls", integer(0, 9), integer(0, 8), "bound @"],
  [
    "an integer gets an exclusive bound",
    integer(0, 9),
    { type: "integer", exclusiveMinimum: 0, maximum: 9 },
    "bound @",
  ],
  ["an integer has to be a multiple", integer(0, 9), integer(0, 9, { multipleOf: 3 }), "step @"],
  [
    "an integer has to be a larger multiple",
    integer(0, 9, { multipleOf: 2 }),
    integer(0, 9, { multipleOf: 4 }),
    "step @",
  ],
  [
    "a number loses an end",
    number({ minimum: 0, maximum: 1 }),
    number({ minimum: 0, exclusiveMaximum: 1 }),
    "bound @",
  ],
  ["a number gets a bound", number({}), number({ minimum: 0 }), "bound @"],
  ["64 bits get a bound", int64, { ...int64, minimum: 0 }, "bound @"],
  ["a list gets shorter", list(BOOLEAN), list(BOOLEAN, { maxItems: 7 }), "bound @"],
  ["a list may no longer be empty", list(BOOLEAN), list(BOOLEAN, { minItems: 1 }), "bound @"],
  [
    "the items of a list may not repeat",
    list(text(8)),
    list(text(8), { uniqueItems: true }),
    "unique @",
  ],
  ["an item gets shorter", list(text(8)), list(text(7)), "bound @/items"],
  [
    "an item of an item gets shorter",
    list(list(text(8))),
    list(list(text(7))),
    "bound @/items/items",
  ],
  ["a map gets smaller", map(), map({ maxProperties: 7 }), "bound @"],
  ["a map may no longer be empty", map(), map({ minProperties: 1 }), "bound @"],
  ["the keys of a map get shorter", map(), map({ propertyNames: { maxLength: 7 } }), "bound @"],
  [
    "an entry gets bounds",
    map({ additionalProperties: text(8) }),
    map({ additionalProperties: text(7) }),
    "bound @/additionalProperties",
  ],
  [
    "a field in an object gets bounds",
    object({ b: { ...text(8), description: "B." } }),
    object({ b: { ...text(7), description: "B." } }),
    "bound @/properties/b",
  ],
  [
    "an alternative gets bounds",
    oneOf(text(8), BOOLEAN),
    oneOf(text(7), BOOLEAN),
    "bound @/anyOf/0",
  ],
];

describe("a narrower field refuses what old peers send, and a wider one is refused by them", () => {
  test.each(NARROWED)("%s", async (_name, wide, narrow, line) => {
    expect(await said(holding(wide), holding(narrow))).toEqual([`!reader ${line}`]);
    expect(await said(holding(narrow), holding(wide))).toEqual([`!writer ${line}`]);
  });
});

describe("what is as wide as before breaks nothing", () => {
  const cases: readonly (readonly [string, Schema, Schema])[] = [
    ["the same", text(64), text(64)],
    ["a pattern that is written in another way", like("^[a-c]+$"), like("^(?:a|b|c)(?:a|b|c)*$")],
    [
      "an exclusive bound of an integer",
      integer(0, 9),
      { type: "integer", exclusiveMinimum: -1, maximum: 9 },
    ],
    ["a description", text(64), { ...text(64), description: "Another." }],
    ["an example", text(64), { ...text(64), examples: ["a"] }],
    ["a multiple of one", integer(0, 9), integer(0, 9, { multipleOf: 1 })],
  ];
  test.each(cases)("%s", async (_name, one, other) => {
    expect(await said(holding(one), holding(other))).toEqual([]);
    expect(await said(holding(other), holding(one))).toEqual([]);
  });
});

describe("another type is read by neither side, and no program compiles", () => {
  const cases: readonly (readonly [string, Schema, Schema])[] = [
    ["text and boolean", text(8), BOOLEAN],
    ["text and integer", text(8), integer(0, 9)],
    ["text and bytes", text(8), bytes(8)],
    ["text and list", text(8), list(text(8))],
    ["bytes and list", bytes(8), list(integer(0, 255))],
    ["list and map", list(BOOLEAN), map()],
    ["map and object", map(), object({})],
    ["boolean and integer", BOOLEAN, integer(0, 1)],
    ["word and number", words("a"), number({})],
  ];
  test.each(cases)("%s", async (_name, one, other) => {
    const lines = ["!source type @", "!wire type @"];
    expect(await said(holding(one), holding(other))).toEqual(lines);
    expect(await said(holding(other), holding(one))).toEqual(lines);
  });
});

describe("kinds that are read as each other", () => {
  const cases: readonly (readonly [
    string,
    Schema,
    Schema,
    readonly string[],
    readonly string[],
  ])[] = [
    [
      "integer as number",
      integer(0, 9),
      number({ minimum: 0, maximum: 9 }),
      ["!writer type @"],
      ["!reader type @"],
    ],
    [
      "integer as 64 bits",
      integer(0, 9),
      { ...int64, minimum: 0, maximum: 9 },
      ["!source type @"],
      ["!source type @"],
    ],
    ["words as text", words("a", "b"), text(64), [], []],
    [
      "closed words as text",
      closed("a", "b"),
      text(8),
      ["!source type @", "!writer word @"],
      ["!reader word @", "!source type @"],
    ],
    [
      "text as a constant",
      { const: "v1" },
      text(8),
      ["!source type @", "!writer type @"],
      ["!reader type @", "!source type @"],
    ],
    [
      "text as one of several",
      text(8),
      oneOf(text(8), BOOLEAN),
      ["!source type @", "!writer type @/anyOf/1"],
      ["!reader type @", "!source type @"],
    ],
    [
      "boolean as a constant",
      { const: true },
      BOOLEAN,
      ["!source type @", "!writer value @"],
      ["!reader value @", "!source type @"],
    ],
  ];
  test.each(cases)("%s", async (_name, one, other, forth, back) => {
    expect(await said(holding(one), holding(other))).toEqual(forth);
    expect(await said(holding(other), holding(one))).toEqual(back);
  });
});

describe("words", () => {
  const change = (old: Schema, now: Schema) => said(holding(old), holding(now));

  test("one more is kept by readers that do not know it", async () => {
    expect(await change(words("a"), words("a", "b"))).toEqual(["source word @"]);
  });

  test("one less is still read, but programs may send it", async () => {
    expect(await change(words("a", "b"), words("a"))).toEqual(["!source word @"]);
  });

  test("one more of a closed list is refused by old peers", async () => {
    expect(await change(closed("a"), closed("a", "b"))).toEqual([
      "!writer word @",
      "source word @",
    ]);
  });

  test("one less of a closed list refuses what old peers send", async () => {
    expect(await change(closed("a", "b"), closed("a"))).toEqual([
      "!reader word @",
      "!source word @",
    ]);
  });

  test("a list that closes reads all that is sent today", async () => {
    expect(await change(words("a"), closed("a"))).toEqual(["source closed @"]);
    expect(await change(closed("a"), words("a"))).toEqual(["source closed @"]);
  });

  test("another constant is read by neither side", async () => {
    expect(await change({ const: "v1" }, { const: "v2" })).toEqual([
      "!reader value @",
      "!source type @",
      "!writer value @",
    ]);
  });
});

describe("fields", () => {
  const inner = (fields: Schema, rest: Schema = {}) => holding(object(fields, rest));

  test("an optional one more breaks nothing", async () => {
    expect(await said(holding(undefined), holding(flag))).toEqual(["source field-added @"]);
  });

  test("a required one more refuses all that old peers send", async () => {
    expect(
      await said(holding(undefined), holding(flag, { required: ["a"], examples: [{ a: true }] })),
    ).toEqual(["!reader required @", "!source field-added @"]);
  });

  test("an optional one less is dropped by readers, but programs use it", async () => {
    expect(await said(holding(flag), holding(undefined))).toEqual(["!source field-removed @"]);
  });

  test("a required one less is missed by old peers", async () => {
    expect(
      await said(holding(flag, { required: ["a"], examples: [{ a: true }] }), holding(undefined)),
    ).toEqual(["!source field-removed @", "!writer required @"]);
  });

  test("one that becomes required, or optional", async () => {
    const required = holding(flag, { required: ["a"], examples: [{ a: true }] });
    expect(await said(holding(flag), required)).toEqual([
      "!reader required @",
      "!source required @",
    ]);
    expect(await said(required, holding(flag))).toEqual([
      "!source required @",
      "!writer required @",
    ]);
  });

  test("one under another name is one less and one more, and the verdict guesses it", async () => {
    const verdicts = await verdictsOn(inner({ b: flag }), inner({ c: flag }));
    expect(verdicts.map(lineOf)).toEqual([
      "!source field-removed messages/demo#/properties/a/properties/b",
      "source field-added messages/demo#/properties/a/properties/c",
    ]);
    expect(verdicts[0]?.text).toBe("is gone; c looks like its new name");
  });

  test("one more in a closed object is refused by old peers, one less refuses theirs", async () => {
    const strict = { "x-rnp-closed": true };
    expect(await said(inner({}, strict), inner({ b: flag }, strict))).toEqual([
      "!writer unknown-field @",
      "source field-added @/properties/b",
    ]);
    expect(await said(inner({ b: flag }, strict), inner({}, strict))).toEqual([
      "!reader unknown-field @",
      "!source field-removed @/properties/b",
    ]);
  });

  test("an object that closes reads all that is sent today", async () => {
    expect(await said(inner({ b: flag }), inner({ b: flag }, { "x-rnp-closed": true }))).toEqual(
      [],
    );
  });

  test("another order is read, but slowly", async () => {
    const lines = await said(inner({ b: flag, c: flag }), inner({ c: flag, b: flag }));
    expect(lines).toEqual(["writer field-order @"]);
  });

  test("one that is deprecated goes on", async () => {
    expect(await said(holding(flag), holding({ ...flag, deprecated: true }))).toEqual([
      "source deprecated @",
    ]);
  });
});
