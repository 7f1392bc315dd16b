import fc from "fast-check";
import { expect, test } from "vitest";
import { hashBytes } from "../../../runtime/wire/key-hash.js";
import { KeyStack } from "../../../runtime/wire/key-stack.js";

/** A stack that holds `keys`, and the bytes in which they lie. */
function stackOf(keys: string[]): { stack: KeyStack; bytes: Buffer } {
  const bytes = Buffer.from(keys.join(""));
  const stack = new KeyStack();
  let at = 0;
  for (const key of keys) {
    const to = at + Buffer.byteLength(key);
    stack.push(at, to);
    at = to;
  }
  return { stack, bytes };
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `name-${index}`);
}

test.each([2, 16, 17, 18, 1000])("among %d different keys there is no duplicate", (count) => {
  const { stack, bytes } = stackOf(names(count));
  expect(stack.duplicateSince(0, bytes)).toBe(-1);
});

test.each([2, 15, 16, 17, 1000])("behind %d keys the first of them is found again", (count) => {
  const { stack, bytes } = stackOf([...names(count), "name-0"]);
  expect(stack.duplicateSince(0, bytes)).toBe(count);
});

test("keys of the maps around are not looked at", () => {
  const { stack, bytes } = stackOf(["a", "b", "a", "c"]);
  expect(stack.duplicateSince(1, bytes)).toBe(-1);
  expect(stack.duplicateSince(0, bytes)).toBe(2);
});

test("long keys that differ in their last byte differ", () => {
  const begin = "k".repeat(100);
  const { stack, bytes } = stackOf([`${begin}a`, `${begin}b`, `${begin}c`]);
  expect(stack.duplicateSince(0, bytes)).toBe(-1);
  const again = stackOf([`${begin}a`, `${begin}b`, `${begin}a`]);
  expect(again.stack.duplicateSince(0, again.bytes)).toBe(2);
});

test("the verdict is that of a set, for a few keys and for many", () => {
  const keys = fc.array(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(keys, (list) => {
      const { stack, bytes } = stackOf(list);
      const hasDuplicate = new Set(list).size < list.length;
      expect(stack.duplicateSince(0, bytes) >= 0).toBe(hasDuplicate);
    }),
  );
});

test("after a reset it is as new", () => {
  const { stack, bytes } = stackOf(names(10_000));
  stack.reset();
  expect(stack.count).toBe(0);
  stack.push(0, 6);
  stack.push(6, 12);
  expect(stack.duplicateSince(0, bytes)).toBe(-1);
});

test("the hash depends on the bytes and the size alone, and not on where they are", () => {
  const bytes = Buffer.from("xxnamexname name\0");
  const hash = hashBytes(bytes, 2, 6);
  expect(hashBytes(bytes, 7, 11)).toBe(hash);
  expect(hashBytes(bytes, 12, 16)).toBe(hash);
  expect(hashBytes(bytes, 12, 17)).not.toBe(hash);
  expect(hashBytes(bytes, 2, 5)).not.toBe(hash);
});

test("the hash spreads keys that differ little over a table", () => {
  const count = 4096;
  const used = new Set<number>();
  for (let index = 0; index < count; index++) {
    const key = Buffer.from(`key-${index}`);
    used.add(hashBytes(key, 0, key.length) & (count - 1));
  }
  // A random function leaves 1/e of the slots empty.
  expect(used.size / count).toBeGreaterThan(0.58);
  expect(used.size / count).toBeLessThan(0.68);
});
