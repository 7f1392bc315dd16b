import { describe, expect, test } from "vitest";
import { readModel } from "../../../codegen/pipeline.js";
import { SchemaProblems } from "../../../codegen/problem.js";
import { errorSchema, type Files, folderWith, messageSchema, messageWith } from "./support.js";

/** What is said about the files, one line for each problem; empty where nothing is wrong. */
async function problemsOf(files: Files): Promise<readonly string[]> {
  try {
    await readModel(await folderWith(files));
    return [];
  } catch (error) {
    if (error instanceof SchemaProblems) return error.message.split("\n");
    throw error;
  }
}

const DEMO = "messages/demo.schema.json";

/** The problems of a message with one field of the given schema, without the place they share. */
async function problemsOfField(field: Record<string, unknown>): Promise<readonly string[]> {
  const lines = await problemsOf({ [DEMO]: messageWith(field) });
  return lines.map((line) => line.replace(`${DEMO}#/properties/field`, "#"));
}

describe("a keyword that the generator cannot honour is refused with what to write instead", () => {
  const text = { type: "string", maxLength: 8 };
  const cases: readonly [string, Record<string, unknown>, string][] = [
    [
      "allOf",
      { allOf: [text] },
      "#/allOf: is not honoured: write out the fields of all parts in one object",
    ],
    [
      "oneOf",
      { oneOf: [text] },
      "#/oneOf: is not honoured: write anyOf with simple types, or one message for each variant",
    ],
    [
      "not",
      { ...text, not: {} },
      "#/not: is not honoured in a value of the kind string: say what is allowed",
    ],
    [
      "if",
      { ...text, if: {} },
      "#/if: is not honoured in a value of the kind string: make it two messages, or say it in the description and check it in the handler",
    ],
    [
      "default",
      { ...text, default: "a" },
      "#/default: is not honoured in a value of the kind string: no reader fills it in: say in the description what a missing field means",
    ],
    [
      "format of text",
      { ...text, format: "uuid" },
      '#/format: is not honoured in a value of the kind string: only "int64" of an integer is honoured: write a pattern',
    ],
    [
      "format of a number",
      { type: "number", format: "double" },
      '#/format: is not honoured in a value of the kind number: only "int64" of an integer is honoured: write a pattern',
    ],
    [
      "patternProperties",
      { type: "object", properties: {}, additionalProperties: false, patternProperties: {} },
      "#/patternProperties: is not honoured in a value of the kind object: write a map: propertyNames, and additionalProperties for the values",
    ],
    [
      "prefixItems",
      { type: "array", items: text, maxItems: 1, prefixItems: [text] },
      "#/prefixItems: is not honoured in a value of the kind array: write an object with a name for each item",
    ],
    [
      "contains",
      { type: "array", items: text, maxItems: 1, contains: text },
      "#/contains: is not honoured in a value of the kind array: say what all items are",
    ],
    [
      "a list of types",
      { type: ["string", "null"] },
      "#/type: is a list: write anyOf with one schema for each type",
    ],
    [
      "null",
      { type: "null" },
      "#/type: is not honoured: leave the field out where it has no value",
    ],
    [
      "an unknown type",
      { type: "text" },
      "#/type: is no type that JSON Schema knows: write string, integer, number, boolean, array or object",
    ],
    ["no type", {}, "#: says no type: add one, or a $ref, enum or const"],
    [
      "an unknown keyword",
      { ...text, maxlength: 3 },
      "#/maxlength: is not honoured in a value of the kind string: leave it out",
    ],
    [
      "a rule beside $ref",
      { $ref: "#/$defs/a", maxLength: 3 },
      "#/maxLength: has no effect beside $ref: write it where the reference leads",
    ],
  ];
  test.each(cases)("%s", async (_name, field, expected) => {
    const definitions = { a: { ...text, title: "A", description: "Text.", examples: ["a"] } };
    const lines = await problemsOf({
      [DEMO]: messageWith({
        ...field,
        ...("$ref" in field ? { $ref: "../types.schema.json#/$defs/a" } : {}),
      }),
      "types.schema.json": { title: "Types", description: "Shared.", $defs: definitions },
    });
    expect(lines).toEqual([expected.replace("#", `${DEMO}#/properties/field`)]);
  });
});

describe("a value without bounds is refused", () => {
  const cases: readonly [string, Record<string, unknown>, string][] = [
    [
      "text",
      { type: "string" },
      "#: has no maxLength: say how many characters at most, so that receivers can bound it",
    ],
    [
      "bytes",
      { type: "string", contentEncoding: "base64" },
      "#: has no maxLength: say how many base64 characters at most, four for every three bytes",
    ],
    [
      "an array",
      { type: "array", items: { type: "boolean" } },
      "#: has no maxItems: say how many items at most, so that receivers can bound it",
    ],
    ["an array of anything", { type: "array", maxItems: 1 }, "#: has no items: say what it holds"],
    [
      "a map",
      {
        type: "object",
        additionalProperties: { type: "boolean" },
        propertyNames: { maxLength: 1 },
      },
      "#: has no maxProperties: say how many entries at most, so that receivers can bound it",
    ],
    [
      "a map's keys",
      {
        type: "object",
        additionalProperties: { type: "boolean" },
        propertyNames: { pattern: "^a$" },
        maxProperties: 1,
      },
      "#/propertyNames: has no maxLength: say how many characters at most",
    ],
    [
      "an object that is open",
      { type: "object", properties: {} },
      '#: does not say that these are all fields: add "additionalProperties": false',
    ],
    [
      "an object of anything",
      { type: "object", additionalProperties: true },
      "#/additionalProperties: leaves its fields open: write false and list them, or the schema of all values",
    ],
  ];
  test.each(cases)("%s", async (_name, field, expected) => {
    expect(await problemsOfField(field)).toEqual([expected]);
  });
});

describe("a value that cannot be what it says is refused", () => {
  const object = (name: string) => ({
    type: "object",
    properties: { [name]: { type: "boolean", description: "A field." } },
    additionalProperties: false,
  });
  const cases: readonly [string, Record<string, unknown>, string][] = [
    [
      "an integer without room",
      { type: "integer", minimum: 2, maximum: 1 },
      "#: allows no integer: the minimum is over the maximum",
    ],
    [
      "a bound of 64 bits that JSON rounds",
      { type: "integer", format: "int64", maximum: 2 ** 63 },
      "#/maximum: is no safe integer, so JSON cannot say it exactly: leave it out",
    ],
    [
      "a pattern that is none",
      { type: "string", maxLength: 1, pattern: "(" },
      "#/pattern: Invalid regular expression: /(/u: Unterminated group: write it as for the flag u",
    ],
    [
      "another encoding of bytes",
      { type: "string", contentEncoding: "base32", maxLength: 8 },
      '#/contentEncoding: is not "base64", the only encoding of bytes as text',
    ],
    [
      "an enumeration of numbers",
      { enum: [1, 2] },
      "#/enum: holds more than text: use minimum and maximum, or const",
    ],
    [
      "a constant object",
      { const: {} },
      "#/const: is no text, boolean or exact number: write one of these",
    ],
    [
      "a union of two numbers",
      { anyOf: [{ type: "number" }, { type: "integer" }] },
      "#/anyOf/1: is a second number, which readers cannot tell from the first: join the two",
    ],
    [
      "a union with an object",
      { anyOf: [{ type: "boolean" }, object("a")] },
      "#/anyOf/1: is of the kind object: unions are of text, numbers, booleans and arrays of these",
    ],
    [
      "a union with bytes",
      { anyOf: [{ type: "boolean" }, { type: "string", contentEncoding: "base64", maxLength: 4 }] },
      "#/anyOf/1: is of the kind bytes: unions are of text, numbers, booleans and arrays of these",
    ],
    [
      "unique objects",
      { type: "array", items: object("a"), maxItems: 2, uniqueItems: true },
      "#/uniqueItems: compares each item with each other, and these are of the kind object: leave it out",
    ],
    [
      "a field that every object has",
      object("constructor"),
      "#/properties/constructor: is something that every object has: rename the field",
    ],
    [
      "a required field that is none",
      { ...object("a"), required: ["b"] },
      '#/required: "b" is no field of this object: add it or leave it out',
    ],
    [
      "a title that is no name",
      { ...object("a"), title: "sha256sum" },
      "#/title: is no name of a type: write PascalCase, with a capital after a digit, as in Http2Server",
    ],
  ];
  test.each(cases)("%s", async (_name, field, expected) => {
    expect(await problemsOfField(field)).toEqual([expected]);
  });
});

describe("references", () => {
  const reference = (target: string) => ({ [DEMO]: messageWith({ $ref: target }) });

  test("one that leads nowhere is refused", async () => {
    expect(await problemsOf(reference("../types.schema.json#/$defs/a"))).toEqual([
      `${DEMO}#/properties/field/$ref: "../types.schema.json#/$defs/a" leads nowhere: write the path of a file relative to this one, then #/$defs/ and a name it defines`,
    ]);
  });

  test("a circle is refused", async () => {
    const lines = await problemsOf({
      ...reference("../types.schema.json#/$defs/tree"),
      "types.schema.json": {
        title: "Types",
        description: "Shared.",
        $defs: {
          tree: {
            title: "Tree",
            description: "A tree.",
            type: "array",
            items: { $ref: "#/$defs/tree" },
            maxItems: 2,
            examples: [[]],
          },
        },
      },
    });
    expect(lines).toEqual([
      "types.schema.json#/$defs/tree/items/$ref: refers to itself, so that it has no largest size: write the levels out",
    ]);
  });
});

describe("requests and answers", () => {
  const request = (rnp: Record<string, unknown> = {}) =>
    messageSchema({}, { answer: "reply", match: {}, timeout_ms: 100, ...rnp });
  const reply = (rnp: Record<string, unknown> = {}) => messageSchema({ title: "Reply" }, rnp);
  const problems = (demo: object, answer: object) =>
    problemsOf({ [DEMO]: demo, "messages/reply.schema.json": answer });

  test("a pair that fits together is good", async () => {
    expect(await problems(request({ match: { name: "name" } }), reply())).toEqual([]);
  });

  test("an answer that is no message is refused", async () => {
    expect(await problemsOf({ [DEMO]: request() })).toEqual([
      `${DEMO}#/x-rnp/answer: there is no message type reply: add its file or correct the name`,
    ]);
  });

  test("types that answer each other are refused", async () => {
    const lines = await problems(request(), reply({ answer: "demo", match: {}, timeout_ms: 1 }));
    expect(lines[0]).toBe(
      `${DEMO}#/x-rnp/answer: reply is in turn answered by this type: break the circle`,
    );
  });

  test("a match of fields that are none is refused", async () => {
    expect(await problems(request({ match: { nick: "name", name: "nick" } }), reply())).toEqual([
      `${DEMO}#/x-rnp/match/name: "nick" is no field of reply: correct the name`,
      `${DEMO}#/x-rnp/match/nick: is no field of this message: correct the name`,
    ]);
  });

  test("an answer that the receiver may not send is refused", async () => {
    const lines = await problems(request({ to: ["controller"] }), reply());
    expect(lines).toEqual([
      `${DEMO}#/x-rnp/to: a controller is not in "from" of the answer reply: add it there or remove it here`,
    ]);
  });

  test("a message that stands alone without being an answer is refused", async () => {
    expect(await problemsOf({ [DEMO]: messageSchema({}, { standalone: true }) })).toEqual([
      `${DEMO}#/x-rnp/standalone: no message names this type as its answer: leave it out`,
    ]);
  });
});

describe("streams", () => {
  const request = (rnp: Record<string, unknown> = {}) =>
    messageSchema({}, { stream: "item", ...rnp });
  const item = (rnp: Record<string, unknown> = {}) => messageSchema({ title: "Item" }, rnp);
  const problems = (demo: object, itemSchema: object = item()) =>
    problemsOf({ [DEMO]: demo, "messages/item.schema.json": itemSchema });

  test("a request and an item that fit together are good", async () => {
    expect(await problems(request())).toEqual([]);
  });

  test("an item that is no message is refused", async () => {
    expect(await problemsOf({ [DEMO]: request() })).toEqual([
      `${DEMO}#/x-rnp/stream: there is no message type item: add its file or correct the name`,
    ]);
  });

  test("an answer beside a stream is refused, and what belongs to it", async () => {
    const lines = await problems(request({ answer: "item", match: {}, timeout_ms: 1 }));
    const text = 'does not go with "stream", which says how the request is answered: leave it out';
    expect(lines).toEqual([
      `${DEMO}#/x-rnp/answer: ${text}`,
      `${DEMO}#/x-rnp/match: ${text}`,
      `${DEMO}#/x-rnp/timeout_ms: ${text}`,
    ]);
  });

  test("a request that is repeated until it is acknowledged is refused", async () => {
    expect(await problems(request({ delivery: "at-least-once" }))).toEqual([
      `${DEMO}#/x-rnp/delivery: a stream is not repeated, as its items are its answer: say "at-most-once"`,
    ]);
  });

  test("one of the connection layer is refused", async () => {
    expect(await problems(request({ layer: "connection" }))).toEqual([
      `${DEMO}#/x-rnp/stream: the connection layer has no streams: say "application" as its layer`,
    ]);
  });

  const items: readonly [string, Record<string, unknown>, string][] = [
    [
      "of the connection layer",
      { layer: "connection" },
      "item is of the connection layer: items are of the application layer",
    ],
    [
      "that are requests",
      { answer: "reply", match: {}, timeout_ms: 1 },
      "item is a request: nothing answers an item",
    ],
    ["that are streams", { stream: "reply" }, "item is a request: nothing answers an item"],
    [
      "that are acknowledged",
      { delivery: "at-least-once" },
      'item is at-least-once: an item is not acknowledged, so say "at-most-once" there',
    ],
  ];
  test.each(items)("items %s are refused", async (_name, rnp, expected) => {
    const lines = await problemsOf({
      [DEMO]: request(),
      "messages/item.schema.json": item(rnp),
      "messages/reply.schema.json": messageSchema({ title: "Reply" }),
    });
    expect(lines).toEqual([`${DEMO}#/x-rnp/stream: ${expected}`]);
  });

  test.each([
    [
      "the receiver may not send",
      { to: ["controller"] },
      'to: a controller is not in "from" of the item item: add it there or remove it here',
    ],
    [
      "the asker may not receive",
      { from: ["controller"] },
      'from: a controller is not in "to" of the item item: add it there or remove it here',
    ],
  ])("items that %s are refused", async (_name, rnp, expected) => {
    expect(await problems(request(rnp))).toEqual([`${DEMO}#/x-rnp/${expected}`]);
  });

  test("an item does not stand alone", async () => {
    expect(await problems(request(), item({ standalone: true }))).toEqual([
      "messages/item.schema.json#/x-rnp/standalone: no message names this type as its answer: leave it out",
    ]);
  });
});

describe("control messages", () => {
  const control = (rnp: Record<string, unknown> = {}, changes: Record<string, unknown> = {}) =>
    messageSchema(changes, { control: true, ...rnp });
  const reply = messageSchema({ title: "Reply" });
  const text = (maxLength: number) => ({
    properties: { text: { type: "string", maxLength, description: "Some text." } },
  });

  test("a small message that nobody waits for is good", async () => {
    expect(await problemsOf({ [DEMO]: control() })).toEqual([]);
  });

  test("one of 16 KiB is good, and a larger one is refused", async () => {
    // A map, the key, the head of the text, and four bytes for each character.
    const overhead = 1 + 5 + 3;
    const length = Math.floor((16_384 - overhead) / 4);
    expect(await problemsOf({ [DEMO]: control({}, text(length)) })).toEqual([]);
    expect(await problemsOf({ [DEMO]: control({}, text(length + 1)) })).toEqual([
      `${DEMO}#/x-rnp/control: may take ${overhead + 4 * (length + 1)} bytes, and a control message 16384 at most: bound its fields more closely, or leave it out`,
    ]);
  });

  test("one of the connection layer says nothing of it, and has no such bound", async () => {
    const layer = "connection";
    expect(await problemsOf({ [DEMO]: control({ layer }) })).toEqual([
      `${DEMO}#/x-rnp/control: all of the connection layer needs no credit: leave it out`,
    ]);
    expect(await problemsOf({ [DEMO]: messageSchema(text(65_536), { layer }) })).toEqual([]);
  });

  test.each([
    ["a request", { answer: "reply", match: {}, timeout_ms: 1 }],
    ["a request for a stream", { stream: "reply" }],
  ])("%s is refused", async (_name, rnp) => {
    const lines = await problemsOf({ [DEMO]: control(rnp), "messages/reply.schema.json": reply });
    expect(lines).toEqual([
      `${DEMO}#/x-rnp/control: a control message may be dropped, and a request is waited for: leave it out`,
    ]);
  });

  test("one that is repeated until it is acknowledged is refused", async () => {
    expect(await problemsOf({ [DEMO]: control({ delivery: "at-least-once" }) })).toEqual([
      `${DEMO}#/x-rnp/delivery: a control message may be dropped: say "at-most-once", or leave "control" out`,
    ]);
  });

  test.each([
    ["an answer", { answer: "demo", match: {}, timeout_ms: 1 }],
    ["an item", { stream: "demo" }],
  ])("%s is refused", async (_name, rnp) => {
    const lines = await problemsOf({
      [DEMO]: control(),
      "messages/ask.schema.json": messageSchema({ title: "Ask" }, rnp),
    });
    expect(lines).toEqual([
      `${DEMO}#/x-rnp/control: a control message may be dropped, and ask waits for it: leave it out`,
    ]);
  });
});

describe("names", () => {
  test("two types of one name are refused", async () => {
    const lines = await problemsOf({
      "messages/a/b.schema.json": messageSchema({ title: "Same" }),
      "messages/c.schema.json": messageSchema({ title: "Same" }),
    });
    expect(lines[0]).toBe(
      "messages/c.schema.json#: the name Same is that of messages/a/b.schema.json# too: give it another title or path",
    );
  });

  test("the name of a global is refused", async () => {
    const lines = await problemsOf({ [DEMO]: messageSchema({ title: "Error" }) });
    expect(lines).toEqual([
      `${DEMO}#: the name Error is taken by generated code or by JavaScript: give it another title or path`,
    ]);
  });

  test("the interface of a part of the client cannot be that of a message", async () => {
    const lines = await problemsOf({
      "messages/mesh/client.schema.json": messageSchema({ title: "MeshClient" }),
    });
    expect(lines).toEqual([
      "messages/mesh/client.schema.json#: the name MeshClient is that of messages/mesh/client.schema.json# too: give it another title or path",
    ]);
  });

  test("a type inside another type is refused", async () => {
    const lines = await problemsOf({
      "messages/a.schema.json": messageSchema({ title: "A" }),
      "messages/a/b.schema.json": messageSchema({ title: "AB" }),
    });
    expect(lines).toEqual([
      "messages/a.schema.json#: the type a is also where a.b belongs: rename one of the two",
    ]);
  });

  test.each(["then", "constructor"])("a message called %s is refused", async (word) => {
    const lines = await problemsOf({ [`messages/${word}.schema.json`]: messageSchema() });
    expect(lines[0]).toContain(`the path has the part "${word}", which means something else`);
  });

  test("a path that is no name is refused", async () => {
    const lines = await problemsOf({ "messages/Demo-2.schema.json": messageSchema() });
    expect(lines).toEqual([
      'messages/Demo-2.schema.json#: the path has the part "Demo-2": use a-z, 0-9 and _, beginning with a letter',
    ]);
  });
});

describe("errors", () => {
  test("a code in a file of another name is refused", async () => {
    const lines = await problemsOf({ "errors/luck.schema.json": errorSchema() });
    expect(lines).toEqual([
      "errors/luck.schema.json#/title: the code NO_LUCK belongs in errors/no-luck.schema.json: rename one",
    ]);
  });

  test("a number that is taken is refused", async () => {
    const lines = await problemsOf({
      "errors/bad-luck.schema.json": errorSchema({ title: "BAD_LUCK" }),
      "errors/no-luck.schema.json": errorSchema(),
    });
    expect(lines).toEqual([
      "errors/no-luck.schema.json#/x-rnp-error/number: 9000 is that of BAD_LUCK: take another",
    ]);
  });
});

describe("what only the meta schemas know", () => {
  test("a wrong value of a known keyword is refused with what belongs there", async () => {
    const lines = await problemsOf({ [DEMO]: messageSchema({}, { pool: "bulk" }) });
    expect(lines[0]).toMatch(
      new RegExp(
        `^${DEMO}#/x-rnp/pool: must be equal to one of the allowed values \\(\\["control","peer","data"\\]\\): `,
      ),
    );
  });

  test("a missing keyword is refused", async () => {
    const { description: _, ...rest } = messageSchema();
    expect((await problemsOf({ [DEMO]: rest }))[0]).toContain(
      "must have required property 'description'",
    );
  });
});

describe("examples", () => {
  test("one that its schema refuses is named", async () => {
    const lines = await problemsOf({ [DEMO]: messageSchema({ examples: [{}, { name: 5 }] }) });
    expect(lines).toEqual([
      `${DEMO}#/examples/1: /name must be string: correct the example or the schema`,
    ]);
  });
});

describe("files", () => {
  test("one that is no JSON is named with its line", async () => {
    const lines = await problemsOf({ [DEMO]: '{\n  "title": oops\n}' });
    expect(lines[0]).toMatch(/^messages\/demo\.schema\.json:2: is no JSON: /);
  });

  test("one that is no object is refused", async () => {
    expect(await problemsOf({ [DEMO]: "[]" })).toEqual([
      `${DEMO}#: is not an object: begin the file with {`,
    ]);
  });

  test("all problems of all files come at once", async () => {
    const lines = await problemsOf({
      "messages/a.schema.json": messageWith({ type: "string" }),
      "messages/b.schema.json": messageWith({ type: "null" }),
    });
    expect(lines).toHaveLength(2);
  });
});
