import { describe, expect, test } from "vitest";
import { geometricMean, median, rounded } from "../../bench/statistics.js";
import { table } from "../../bench/table.js";

describe("median", () => {
  test("is the middle one, wherever it stands", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test("is between the middle two of an even number", () => {
    expect(median([4, 1, 100, 2])).toBe(3);
  });
});

test("the geometric mean of twice as fast and half as fast is as fast", () => {
  expect(geometricMean([2, 0.5])).toBe(1);
});

test("rounding keeps the leading digits", () => {
  expect(rounded(123456)).toBe(123500);
  expect(rounded(0.00123456)).toBe(0.001235);
});

test("a table has its numbers to the right", () => {
  expect(
    table(
      ["name", "ops"],
      [
        ["one", "1"],
        ["three", "1000"],
      ],
    ),
  ).toBe(["name    ops", "one       1", "three  1000"].join("\n"));
});
