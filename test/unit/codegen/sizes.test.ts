import { describe, expect, test } from "vitest";
import { isAsciiOnly } from "../../../codegen/kinds/ascii.js";
import { sizeMaxOf } from "../../../codegen/kinds/index.js";
import type { Field, StringField } from "../../../codegen/model.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";

function writtenSize(write: (writer: PackWriter) => void): number {
  const writer = new PackWriter();
  write(writer);
  return writer.bytes().length;
}

function text(lengthMax: number): StringField {
  return { kind: "string", lengthMin: 0, lengthMax, pattern: undefined };
}

const integer = (minimum: number, maximum: number): Field => {
  return { kind: "integer", minimum, maximum, multipleOf: undefined };
};

describe("the largest size of a field is that of its largest value", () => {
  const bounds = [-1, -32, -33, -128, -129, -32768, -32769, -(2 ** 31), -(2 ** 31) - 1];
  const edges = [...bounds, 0, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  test.each(edges)("an integer to %d", (edge) => {
    const field = edge < 0 ? integer(edge, 0) : integer(0, edge);
    expect(sizeMaxOf(field)).toBe(writtenSize((writer) => writer.integer(edge)));
  });

  test.each([0, 7, 8, 63, 64, 16383, 16384])("text of %d characters", (length) => {
    const largest = "🙂".repeat(length);
    expect(sizeMaxOf(text(length))).toBe(writtenSize((writer) => writer.string(largest)));
  });

  test.each([0, 31, 32, 255, 256])("text of %d characters that are all ASCII", (length) => {
    const field = { ...text(length), pattern: "^[a-z0-9-]*$" };
    expect(sizeMaxOf(field)).toBe(writtenSize((writer) => writer.string("a".repeat(length))));
  });

  test.each([0, 3, 21, 24, 189, 192, 49149, 49152])("%d bytes, as base64 text", (sizeMax) => {
    const largest = new Uint8Array(sizeMax);
    expect(sizeMaxOf({ kind: "bytes", sizeMax })).toBe(
      writtenSize((writer) => writer.base64(largest)),
    );
  });

  test.each([0, 15, 16, 65535, 65536])("an array of %d booleans", (countMax) => {
    const field: Field = {
      kind: "array",
      item: { kind: "boolean" },
      countMin: 0,
      countMax,
      isUnique: false,
    };
    expect(sizeMaxOf(field)).toBe(writtenSize((writer) => writer.arrayHeader(countMax)) + countMax);
  });

  test.each([0, 15, 16, 65535, 65536])("a map of %d booleans", (countMax) => {
    const field: Field = {
      kind: "map",
      key: text(1),
      value: { kind: "boolean" },
      countMin: 0,
      countMax,
    };
    const head = writtenSize((writer) => writer.mapHeader(countMax));
    expect(sizeMaxOf(field)).toBe(head + countMax * (5 + 1));
  });

  test("a closed enumeration: its longest word", () => {
    expect(sizeMaxOf({ kind: "enum", values: ["a", "four"], isClosed: true })).toBe(5);
  });

  test("an open enumeration: the longest word that a reader keeps", () => {
    const largest = "🙂".repeat(64);
    const size = writtenSize((writer) => writer.string(largest));
    expect(sizeMaxOf({ kind: "enum", values: ["a"], isClosed: false })).toBe(size);
  });

  test("a union: its largest alternative", () => {
    const field: Field = { kind: "union", alternatives: [{ kind: "boolean" }, text(2)] };
    expect(sizeMaxOf(field)).toBe(9);
  });

  test("an object: all of its fields, the optional ones too", () => {
    const property = { doc: "", isDeprecated: false, field: { kind: "boolean" } } as const;
    const field: Field = {
      kind: "object",
      name: "Demo",
      doc: "",
      isClosed: false,
      properties: [
        { ...property, name: "a", isRequired: true },
        { ...property, name: "b", isRequired: false },
      ],
    };
    expect(sizeMaxOf(field)).toBe(1 + 2 * (2 + 1));
  });
});

describe("of the texts that match a pattern it is known that they are ASCII", () => {
  test.each([
    "^[a-z0-9-]{1,63}$",
    "^(?:a|b)$",
    "^[|(.]$",
    "^\\.$",
    "^\\w\\d$",
    "^[a\\]-]$",
    "^[ -~]$",
    "^\\u0041\\u{7f}\\x7f$",
  ])("%s", (pattern) => {
    expect(isAsciiOnly(pattern)).toBe(true);
  });

  test.each([
    ["it has no beginning", "[a-z]$"],
    ["it has no end", "^[a-z]"],
    ["its end is a character", "^a\\$"],
    ["an alternative has no end", "^a|b$"],
    ["any character", "^.$"],
    ["a negated class", "^[^a]$"],
    ["all but an escape", "^\\W\\S\\D$"],
    ["white space", "^\\s$"],
    ["a property", "^\\p{L}$"],
    ["a flag", "^(?i:k)$"],
    ["such a character", "^[\\]é]$"],
    ["such a character behind a parenthesis", "^[(]|é$"],
    ["its number", "^\\u00e9$"],
    ["its number in braces", "^\\u{e9}$"],
    ["its number in two digits", "^\\xe9$"],
  ])("unless: %s", (_, pattern) => {
    expect(isAsciiOnly(pattern)).toBe(false);
  });
});
