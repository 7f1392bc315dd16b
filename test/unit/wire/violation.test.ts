import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, describe as group, test } from "vitest";
import { firstViolation, violationFault } from "../../../runtime/wire/violation.js";
import { describe } from "../../../runtime/wire/words.js";

const ajv = new Ajv2020({ strict: false });

/** What `firstViolation` makes of the errors that ajv finds. */
function violationOf(schema: object, data: unknown) {
  const validate = ajv.compile(schema);
  expect(validate(data)).toBe(false);
  return firstViolation(validate.errors, data);
}

const field = (name: string, schema: object) => ({
  type: "object",
  properties: { [name]: schema },
});

group("a violation", () => {
  test.each<[string, object, unknown, { pointer: string; expected: string; got: string }]>([
    [
      "type",
      field("name", { type: "string" }),
      { name: 7 },
      { pointer: "/name", expected: "a string", got: "7" },
    ],
    [
      "types",
      field("n", { type: ["integer", "null"] }),
      { n: "x" },
      { pointer: "/n", expected: "an integer or null", got: "a string of 1 character" },
    ],
    [
      "the whole",
      { type: "object" },
      [1, 2],
      { pointer: "", expected: "an object", got: "an array of 2 items" },
    ],
    [
      "a missing field",
      { type: "object", required: ["id"] },
      {},
      { pointer: "/id", expected: "a value", got: "nothing" },
    ],
    [
      "an unknown field",
      { type: "object", additionalProperties: false },
      { extra: true },
      { pointer: "/extra", expected: "no such field", got: "true" },
    ],
    [
      "an enum",
      field("a", { enum: ["x", "y"] }),
      { a: "z" },
      { pointer: "/a", expected: 'one of "x", "y"', got: '"z"' },
    ],
    [
      "a const",
      field("a", { const: "1.0" }),
      { a: "2.0" },
      { pointer: "/a", expected: '"1.0"', got: '"2.0"' },
    ],
    [
      "a minimum",
      field("n", { minimum: 0 }),
      { n: -1 },
      { pointer: "/n", expected: "at least 0", got: "-1" },
    ],
    [
      "a maximum",
      field("n", { maximum: 100 }),
      { n: 100.5 },
      { pointer: "/n", expected: "at most 100", got: "100.5" },
    ],
    [
      "an exclusive minimum",
      field("n", { exclusiveMinimum: 0 }),
      { n: 0 },
      { pointer: "/n", expected: "more than 0", got: "0" },
    ],
    [
      "a length",
      field("s", { maxLength: 63 }),
      { s: "x".repeat(900) },
      { pointer: "/s", expected: "at most 63 characters", got: "a string of 900 characters" },
    ],
    [
      "an empty text",
      field("s", { minLength: 1 }),
      { s: "" },
      { pointer: "/s", expected: "at least 1 character", got: "a string of 0 characters" },
    ],
    [
      "a pattern",
      field("s", { pattern: "^[a-z]+$" }),
      { s: "A" },
      { pointer: "/s", expected: "text that matches ^[a-z]+$", got: "a string of 1 character" },
    ],
    [
      "too many items",
      field("l", { maxItems: 1 }),
      { l: [1, 2] },
      { pointer: "/l", expected: "at most 1 item", got: "an array of 2 items" },
    ],
    [
      "too many entries",
      field("m", { maxProperties: 1 }),
      { m: { a: 1, b: 2 } },
      { pointer: "/m", expected: "at most 1 field", got: "an object of 2 fields" },
    ],
    [
      "an item",
      field("l", { items: { type: "string" } }),
      { l: ["a", null] },
      { pointer: "/l/1", expected: "a string", got: "null" },
    ],
    [
      "a key",
      field("m", { propertyNames: { maxLength: 2 } }),
      { m: { abc: 1 } },
      { pointer: "/m/abc", expected: "a key of at most 2 characters", got: '"abc"' },
    ],
    [
      "a false schema",
      field("a", false as unknown as object),
      { a: 1 },
      { pointer: "/a", expected: "no value", got: "1" },
    ],
  ])("of %s says where, what was expected and what came", (_, schema, data, violation) => {
    expect(violationOf(schema, data)).toEqual(violation);
  });

  test("lists a dozen allowed values and counts the rest", () => {
    const values = Array.from({ length: 20 }, (_, index) => index);
    expect(violationOf({ enum: values }, "x").expected).toBe(
      "one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 or 8 more",
    );
  });

  test("of a rule that has no words here borrows those of ajv", () => {
    const errors = [{ instancePath: "/a", keyword: "oddity", params: {}, message: "must be odd" }];
    expect(firstViolation(errors, { a: 2 }).expected).toBe("it to be odd");
    expect(firstViolation([{ ...errors[0]!, message: undefined }], {}).expected).toBe(
      "the rule oddity to hold",
    );
  });

  test("without an error is still one", () => {
    expect(firstViolation(null, 1)).toEqual({ pointer: "", expected: "a valid value", got: "1" });
    expect(firstViolation([], 1)).toEqual({ pointer: "", expected: "a valid value", got: "1" });
  });

  test("points at fields whose names need escapes", () => {
    const schema = field("a/b~c", { type: "string" });
    expect(violationOf(schema, { "a/b~c": 1 })).toMatchObject({ pointer: "/a~1b~0c", got: "1" });
    const closed = { type: "object", additionalProperties: false };
    expect(violationOf(closed, { "x/y": 1 })).toMatchObject({ pointer: "/x~1y", got: "1" });
  });

  test("reads own fields only", () => {
    const params = { missingProperty: "constructor" };
    const errors = [{ instancePath: "", keyword: "required", params }];
    expect(firstViolation(errors, {})).toMatchObject({ pointer: "/constructor", got: "nothing" });
  });

  test("stays short whatever a peer sends", () => {
    const key = "k".repeat(100_000);
    const closed = { type: "object", additionalProperties: false };
    const nested = { type: "object", additionalProperties: { $ref: "#" } };
    let data: object = {};
    for (let depth = 0; depth < 30; depth++) data = { [key.slice(0, 50) + depth]: data };
    const innermost = JSON.parse(JSON.stringify(data).replace("{}", "7"));
    for (const violation of [violationOf(closed, { [key]: key }), violationOf(nested, innermost)]) {
      expect(violation.pointer.length).toBeLessThan(512);
      expect(violation.got.length).toBeLessThan(100);
    }
  });
});

group("a value in words", () => {
  test.each<[unknown, string]>([
    [undefined, "nothing"],
    [null, "null"],
    [true, "true"],
    [-0.5, "-0.5"],
    [2n ** 60n, "1152921504606846976"],
    ["text", '"text"'],
    ["x".repeat(40), JSON.stringify("x".repeat(40))],
    ["x".repeat(41), "a string of 41 characters"],
    [[], "an array of 0 items"],
    [{ a: 1 }, "an object of 1 field"],
    [new Uint8Array(9), "9 bytes of binary"],
    [() => 1, "a function"],
  ])("%o is %s", (value, words) => {
    expect(describe(value)).toBe(words);
  });

  test("cannot act on a terminal or turn the direction of a text", () => {
    expect(describe("\u001b[31m\u009b\u202e\n\u2028\ud800")).toBe(
      '"\\u001b[31m\\u009b\\u202e\\n\\u2028\\ud800"',
    );
  });
});

test("the fault names the message, the place and both sides", () => {
  const violation = { pointer: "/service_name", expected: "a string", got: "7" };
  expect(violationFault("mesh.query", violation)).toMatchObject({
    name: "WireFault",
    code: "PROTOCOL_ERROR",
    message: "mesh.query: /service_name: expected a string, got 7",
    details: violation,
  });
  expect(violationFault("ping", { ...violation, pointer: "" }).message).toBe(
    "ping: expected a string, got 7",
  );
});
