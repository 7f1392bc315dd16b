import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { link } from "../../../codegen/link.js";
import { isMessageFile, load, messageTypeOf } from "../../../codegen/load.js";
import {
  acceptSample,
  createClient,
  invalidErrorDetails,
  invalidSample,
  MESSAGES,
  SAMPLE,
  type Sample,
} from "../../golden/everything/generated/index.js";
import { describeAnyValue, encoded } from "../schema/any-value.js";
import { arbitraryOf } from "../schema/arbitrary.js";
import { ROOT } from "./support.js";

/*
 * The code that `test/golden/everything` generates, at work: it has every kind of field, where the messages of
 * the project have not.
 */

const { links } = link(await load(join(ROOT, "test/golden/everything/schema")));

for (const [file, schema] of links.files) {
  const type = isMessageFile(file) ? MESSAGES.get(messageTypeOf(file)) : undefined;
  if (type !== undefined) describeAnyValue(type, arbitraryOf({ file, pointer: "", schema }, links));
}

/** A sample with nothing that is optional. */
function sample(changes: Partial<Sample> = {}): Sample {
  return {
    flag: true,
    wide: 1n,
    text: "text",
    colour: "red",
    fixed: "always",
    version: 2,
    on: true,
    ...changes,
  };
}

/** A sample as the wire has it, with fields that TypeScript would not allow. */
function wireSample(changes: Record<string, unknown>): unknown {
  return { ...sample(), ...changes };
}

describe("a reader", () => {
  test("keeps a word of an open enumeration that it does not know", () => {
    expect(acceptSample(wireSample({ colour: "blue" })).colour).toBe("blue");
  });

  test("refuses an unknown word of over 64 characters", () => {
    expect(() => acceptSample(wireSample({ colour: "b".repeat(65) }))).toThrow(
      "sample: /colour: expected at most 64 characters, got a string of 65 characters",
    );
  });

  test("refuses a word of a closed enumeration that it does not know", () => {
    expect(() => acceptSample(wireSample({ mode: "odd" }))).toThrow(
      'sample: /mode: expected one of "fast", "safe", got "odd"',
    );
  });

  test("drops fields that it does not know, however deep", () => {
    const nested = { depth: 1, later: true, inner: { point: { at: 1, later: 2 }, later: [] } };
    const read = acceptSample(wireSample({ nested }));
    expect(read.nested).toEqual({ depth: 1, inner: { point: { at: 1n } } });
  });

  test("refuses a field that it does not know in a closed object", () => {
    expect(() => acceptSample(wireSample({ closed: { only: true, later: 1 } }))).toThrow(
      "sample: /closed/later: expected no such field, got 1",
    );
  });

  test("takes a 64-bit integer in either form and always gives a bigint", () => {
    expect(acceptSample(wireSample({ wide: 5 })).wide).toBe(5n);
    expect(acceptSample(wireSample({ wide: 2n ** 60n })).wide).toBe(2n ** 60n);
  });

  test.each([2n ** 63n, -(2n ** 63n) - 1n, 1.5, 2 ** 60, "1"])("refuses %s for 64 bits", (wide) => {
    expect(() => acceptSample(wireSample({ wide }))).toThrow("sample: /wide: expected");
  });

  test("takes bytes in either form and gives a Uint8Array", () => {
    expect([...(acceptSample(wireSample({ blob: "AQID" })).blob ?? [])]).toEqual([1, 2, 3]);
    expect(acceptSample(wireSample({ blob: new Uint8Array([1]) })).blob).toEqual(
      new Uint8Array([1]),
    );
  });

  test.each(["A", "AQI!", "AQ=I", "AR==", "A".repeat(404)])("refuses %s for bytes", (blob) => {
    expect(() => acceptSample(wireSample({ blob }))).toThrow("base64");
  });

  test("refuses an integer that is not safe", () => {
    expect(() => acceptSample(wireSample({ safe: 2 ** 53 }))).toThrow(
      "sample: /safe: expected at most 9007199254740991, got 9007199254740992",
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %s for a number", (ratio) => {
    expect(() => acceptSample(wireSample({ ratio }))).toThrow("sample: /ratio: expected");
  });
});

describe("a writer", () => {
  test("is content with what is right", () => {
    expect(invalidSample(sample())).toBeUndefined();
  });

  const wrong: readonly [string, object, string][] = [
    ["a word that the enumeration lacks", { colour: "blue" }, "/colour"],
    ["a field that the schema lacks", { later: 1 }, "/later"],
    [
      "a field that the schema lacks, deep inside",
      { nested: { depth: 1, later: 1 } },
      "/nested/later",
    ],
    ["a number for 64 bits", { wide: 1 }, "/wide"],
    ["a bigint below its minimum", { counter: -1n }, "/counter"],
    ["base64 text for bytes", { blob: "AQID" }, "/blob"],
    ["too many bytes", { blob: new Uint8Array(301) }, "/blob"],
    ["text that is too long", { text: "🙂".repeat(41) }, "/text"],
    ["an integer over its bound", { small: 300 }, "/small"],
    ["an item that comes twice", { unique: ["a", "a"] }, "/unique"],
    ["a key that the pattern refuses", { points: { A: { at: 1n } } }, "/points/A"],
    ["another constant", { fixed: "never" }, "/fixed"],
    ["a type that the union lacks", { either: "text" }, "/either"],
  ];
  test.each(wrong)("refuses %s", (_name, changes, pointer) => {
    expect(invalidSample({ ...sample(), ...changes })?.pointer).toBe(pointer);
  });

  test("refuses the key that every receiver refuses", () => {
    const labels = JSON.parse('{"__proto__": "a"}');
    expect(invalidSample({ ...sample(), labels })?.pointer).toBe("/labels/__proto__");
  });

  test("does not mistake an absent optional field for an undefined one", () => {
    const data = { ...sample(), small: undefined };
    expect(invalidSample(data)).toBeUndefined();
    expect(encoded(SAMPLE, data)).toEqual(encoded(SAMPLE, sample()));
  });
});

test("the details of an error are judged by its schema", () => {
  expect(invalidErrorDetails("NO_LUCK", { odds: 0.5 })).toBeUndefined();
  expect(invalidErrorDetails("NO_LUCK", { odds: 2 })?.pointer).toBe("/odds");
});

test("the client hands each message to its caller, with its type", async () => {
  const calls: unknown[][] = [];
  const client = createClient<{ a: 1 }, { b: 2 }>({
    request: async (type, data, options) => {
      calls.push(["request", type.type, data, options]);
      return type.answer?.accept({ default: 1 }) as never;
    },
    send: async (type, data, options) => {
      calls.push(["send", type.type, data, options]);
    },
    async *stream(type, data, options) {
      calls.push(["stream", type.type, data, options]);
      yield type.stream.accept({ yield: 5 });
    },
  });
  expect(await client.acme.new({ new: 1 }, { a: 1 })).toEqual({ default: 1 });
  await client.acme.delete({});
  const items: unknown[] = [];
  for await (const item of client.acme.await({ from: 4 }, { a: 1 })) items.push(item);
  expect(items).toEqual([{ yield: 5 }]);
  expect(calls).toEqual([
    ["request", "acme.new", { new: 1 }, { a: 1 }],
    ["send", "acme.delete", {}, undefined],
    ["stream", "acme.await", { from: 4 }, { a: 1 }],
  ]);
});

test("a request for a stream leads to the type of its items, and to no answer", () => {
  const request = MESSAGES.get("acme.await");
  expect(request).toMatchObject({ stream: MESSAGES.get("acme.yield"), answer: undefined });
  expect(MESSAGES.get("acme.new")).toMatchObject({ stream: undefined });
});
