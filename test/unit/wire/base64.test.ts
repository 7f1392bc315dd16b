import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesFromWire } from "../../../runtime/wire/base64.js";
import { hex, thrownBy } from "./bytes.js";

test.each([
  ["", ""],
  ["Zg==", "66"],
  ["Zm8=", "666f"],
  ["Zm9v", "666f6f"],
  ["++/+AA==", "fbeffe00"],
])("base64 text %j is the bytes %j", (text, bytes) => {
  expect(Buffer.from(bytesFromWire(text))).toEqual(hex(bytes));
});

test("bin is taken as it is, without a copy", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  expect(bytesFromWire(bytes)).toBe(bytes);
});

test.each([
  ["no padding", "Zg"],
  ["half the padding", "Zg="],
  ["padding in the middle", "Zg==Zg=="],
  ["the alphabet for URLs", "--_-AA=="],
  ["a line break", "Zm9v\nZm9v"],
  ["a space", " Zm9v"],
  ["other characters", "Z!m9v"],
  ["characters beyond ASCII", "Zmü9"],
  ["bits after the end", "Zh=="],
  ["one character alone", "Z"],
])("base64 text with %s is refused", (_, text) => {
  expect(thrownBy(() => bytesFromWire(text))).toMatchObject({
    code: "PROTOCOL_ERROR",
    details: { expected: "base64 text" },
  });
});

test("what is refused is not repeated in the fault", () => {
  const fault = thrownBy(() => bytesFromWire("secret!".repeat(100))) as Error;
  expect(fault.message).not.toContain("secret");
});

test("any bytes are read back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = Buffer.from(bytes).toString("base64");
      expect(Buffer.from(bytesFromWire(text)).equals(bytes)).toBe(true);
    }),
  );
});

test("of two different texts at most one means given bytes", () => {
  const char = fc.constantFrom(..."AQgwZz09+/-_= ");
  fc.assert(
    fc.property(fc.string({ unit: char, maxLength: 12 }), (text) => {
      try {
        expect(Buffer.from(bytesFromWire(text)).toString("base64")).toBe(text);
      } catch (error) {
        expect(error).toMatchObject({ name: "WireFault" });
      }
    }),
  );
});
