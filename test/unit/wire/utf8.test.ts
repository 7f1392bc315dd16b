import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isUtf8Between } from "../../../runtime/wire/utf8.js";
import { hex } from "./bytes.js";

function isValid(bytes: Uint8Array): boolean {
  return isUtf8Between(bytes, 0, bytes.length);
}

describe.each([
  ["nothing", "", true],
  ["ASCII", "00417f", true],
  ["the first and last of two bytes", "c280dfbf", true],
  ["the first and last of three bytes", "e0a080efbfbf", true],
  ["those around the surrogates", "ed9fbfee8080", true],
  ["the first and last of four bytes", "f0908080f48fbfbf", true],
  ["a byte order mark", "efbbbf41", true],
  ["a tail alone", "80", false],
  ["a lead alone", "c3", false],
  ["three bytes cut short", "e282", false],
  ["four bytes cut short", "f09f98", false],
  ["an overlong slash", "c0af", false],
  ["overlong in two bytes", "c1bf", false],
  ["overlong in three bytes", "e09fbf", false],
  ["overlong in four bytes", "f08fbfbf", false],
  ["the first surrogate", "eda080", false],
  ["the last surrogate", "edbfbf", false],
  ["a surrogate pair", "eda0bdedb880", false],
  ["above U+10FFFF", "f4908080", false],
  ["a lead of five bytes", "f888808080", false],
  ["fffe", "fffe", false],
  ["a lead where a tail is due", "c3c3", false],
  ["a tail too many", "c3a9a9", false],
])("%s", (_, digits, expected) => {
  test(`is ${expected ? "" : "not "}valid, alone, in the middle and in a long text`, () => {
    expect(isValid(hex(digits))).toBe(expected);
    expect(isValid(hex(`61${digits}62`))).toBe(expected);
    expect(isValid(Buffer.concat([Buffer.alloc(100, "x"), hex(digits)]))).toBe(expected);
  });
});

test("a sequence that goes on behind the end of the range is cut short", () => {
  expect(isUtf8Between(hex("61c3a961"), 0, 2)).toBe(false);
  expect(isUtf8Between(hex("61c3a961"), 2, 4)).toBe(false);
  expect(isUtf8Between(hex("61c3a961"), 1, 3)).toBe(true);
});

test("the verdict is that of Node for any bytes", () => {
  const byte = fc
    .constantFrom(0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0)
    .chain((one) => fc.constantFrom(one, 0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 6 }), (list) => {
      const bytes = Uint8Array.from(list);
      expect(isValid(bytes)).toBe(isUtf8(bytes));
    }),
    { numRuns: 5000 },
  );
});

test("any text is valid", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(isValid(Buffer.from(text))).toBe(true);
    }),
  );
});
