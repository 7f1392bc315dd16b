import { describe, expect, test } from "vitest";
import type { Schema } from "../../../../codegen/schema.js";
import { errorSchema, messageSchema } from "../support.js";
import { changed, lineOf, verdictsOn } from "./kit.js";

const DEMO = "messages/demo.schema.json";
const REPLY = "messages/reply.schema.json";

type Files = ReadonlyMap<string, Schema>;

async function said(old: Files, now: Files): Promise<readonly string[]> {
  return (await verdictsOn(old, now)).map((verdict) =>
    lineOf(verdict).replace("messages/demo", "@"),
  );
}

const demo = (rnp: Schema = {}, changes: Schema = {}): Files =>
  new Map([[DEMO, messageSchema(changes, rnp)]]);

const ASKED: Schema = { answer: "reply", match: {}, timeout_ms: 100 };

const pair = (request: Schema = {}, reply: Schema = {}): Files =>
  new Map([
    [DEMO, messageSchema({}, { ...ASKED, ...request })],
    [REPLY, messageSchema({ title: "Reply" }, reply)],
  ]);

/** A pair that asks for a stream in place of an answer. */
const stream = (): Files =>
  new Map([
    [DEMO, messageSchema({}, { stream: "reply" })],
    [REPLY, messageSchema({ title: "Reply" })],
  ]);

const both = ["node", "controller"];
const AT_LEAST_ONCE = { delivery: "at-least-once" };

const CASES: readonly (readonly [string, Files, Files, readonly string[]])[] = [
  [
    "a type more",
    demo(),
    new Map([...demo(), [REPLY, messageSchema({ title: "Reply" })]]),
    ["writer message-added messages/reply#"],
  ],
  [
    "a type less",
    new Map([...demo(), [REPLY, messageSchema({ title: "Reply" })]]),
    demo(),
    ["!reader message-removed messages/reply#"],
  ],
  ["a sender more", demo(), demo({ from: both }), ["!writer direction @#/x-rnp/from"]],
  ["a sender less", demo({ from: both }), demo(), ["!reader direction @#/x-rnp/from"]],
  ["a receiver more", demo(), demo({ to: both }), ["!writer direction @#/x-rnp/to"]],
  ["a receiver less", demo({ to: both }), demo(), ["!reader direction @#/x-rnp/to"]],
  ["a stronger delivery", demo(), demo(AT_LEAST_ONCE), ["!semantics delivery @#/x-rnp/delivery"]],
  ["a weaker delivery", demo(AT_LEAST_ONCE), demo(), ["!semantics delivery @#/x-rnp/delivery"]],
  [
    "the strongest delivery",
    demo(AT_LEAST_ONCE),
    demo({ delivery: "exactly-once" }),
    ["!semantics delivery @#/x-rnp/delivery"],
  ],
  [
    "a longer timeout",
    pair(),
    pair({ timeout_ms: 200 }),
    ["semantics timeout @#/x-rnp/timeout_ms"],
  ],
  [
    "a shorter timeout",
    pair({ timeout_ms: 200 }),
    pair(),
    ["semantics timeout @#/x-rnp/timeout_ms"],
  ],
  [
    "another natural key",
    pair(),
    pair({ match: { name: "name" } }),
    ["!semantics match @#/x-rnp/match"],
  ],
  ["a stream in place of an answer", pair(), stream(), ["!semantics reply @#/x-rnp"]],
  ["an answer in place of a stream", stream(), pair(), ["!semantics reply @#/x-rnp"]],
  [
    "an answer that may come unasked",
    pair(),
    pair({}, { standalone: true }),
    ["!writer standalone messages/reply#/x-rnp/standalone"],
  ],
  [
    "an answer that may no longer come unasked",
    pair({}, { standalone: true }),
    pair(),
    ["!reader standalone messages/reply#/x-rnp/standalone"],
  ],
  ["no credit any more", demo(), demo({ control: true }), ["!wire credit @#/x-rnp/control"]],
  ["credit now", demo({ control: true }), demo(), ["!wire credit @#/x-rnp/control"]],
  [
    "no order any more",
    demo(AT_LEAST_ONCE),
    demo({ ...AT_LEAST_ONCE, ordered: false }),
    ["!semantics order @#/x-rnp/ordered"],
  ],
  [
    "an order now",
    demo({ ...AT_LEAST_ONCE, ordered: false }),
    demo(AT_LEAST_ONCE),
    ["!semantics order @#/x-rnp/ordered"],
  ],
  ["another pool", demo(), demo({ pool: "data" }), ["semantics pool @#/x-rnp/pool"]],
  ["another frequency", demo(), demo({ frequency: "Rarely." }), []],
  ["another title", demo(), demo({}, { title: "Sample" }), ["!source title @#/title"]],
  ["another description", demo(), demo({}, { description: "Another." }), []],
];

test.each(CASES)("%s", async (_name, old, now, lines) => {
  expect(await said(old, now)).toEqual(lines);
});

test("a message of the connection layer becomes one of programs", async () => {
  expect(await said(demo({ layer: "connection" }), demo())).toEqual(["!wire layer @#/x-rnp/layer"]);
});

describe("a message that may be longer by more than receivers bear", () => {
  const long = (lengthMax: number) => {
    const field = { type: "string", description: "A field.", maxLength: lengthMax };
    return demo({}, { properties: { name: field } });
  };
  const without = demo({}, { properties: {} });

  test("is refused by its length alone", async () => {
    expect(await said(without, long(20_000))).toEqual([
      "!writer size @#",
      "source field-added @#/properties/name",
    ]);
    expect(await said(long(20_000), without)).toEqual([
      "!reader size @#",
      "!source field-removed @#/properties/name",
    ]);
  });

  test("is not where it stays within the slack", async () => {
    expect(await said(without, long(16_000))).toEqual(["source field-added @#/properties/name"]);
  });
});

describe("errors", () => {
  const FILE = "errors/no-luck.schema.json";
  const base = errorSchema();
  const withError = (schema: Schema): Files => new Map([[FILE, schema]]);
  const changes: readonly (readonly [string, unknown, string])[] = [
    ["number", 9001, "!semantics error-number"],
    ["retryable", false, "!semantics error-retryable"],
    ["closes", true, "!wire error-closes"],
    ["blame", "local", "semantics error-blame"],
  ];
  test.each(changes)("another %s", async (key, value, line) => {
    const now = changed(base, `x-rnp-error/${key}`, value);
    expect(await said(withError(base), withError(now))).toEqual([
      `${line} errors/no-luck#/x-rnp-error/${key}`,
    ]);
  });

  test("one more, and one less", async () => {
    const none: Files = demo();
    const one: Files = new Map([...demo(), [FILE, base]]);
    expect(await said(none, one)).toEqual(["semantics error-added errors/no-luck#"]);
    expect(await said(one, none)).toEqual(["!semantics error-removed errors/no-luck#"]);
  });

  test("a detail that goes is missed by programs alone, since readers take any map", async () => {
    const detail = { type: "boolean", description: "A detail." };
    const now = changed(base, "properties/why", detail);
    expect(await said(withError(now), withError(base))).toEqual([
      "!source field-removed errors/no-luck#/properties/why",
    ]);
  });
});

describe("shared types", () => {
  const typed = (lengthMax: number, title = "Name"): Files => {
    const name = {
      title,
      description: "A name.",
      type: "array",
      items: { type: "string", maxLength: lengthMax },
      maxItems: 2,
      examples: [["a"]],
    };
    const field = { $ref: "../types.schema.json#/$defs/name", description: "A name." };
    return new Map<string, Schema>([
      ["types.schema.json", { title: "Types", description: "Shared.", $defs: { name } }],
      [DEMO, messageSchema({ properties: { name: field, nick: field } })],
      [REPLY, messageSchema({ title: "Reply", properties: { name: field } })],
    ]);
  };

  test("a change in one is told once, where it stands, however often it is used", async () => {
    expect(await said(typed(8), typed(7))).toEqual(["!reader bound types#/$defs/name/items"]);
  });

  test("one under another name is missed by programs", async () => {
    expect(await said(typed(8), typed(8, "Label"))).toEqual([
      "!source type-removed types#/$defs/name",
    ]);
  });
});
