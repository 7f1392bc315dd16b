import { describe, expect, test } from "vitest";
import { geometricMean, median, medianRatio, percentile, rounded } from "../../bench/statistics.js";
import { table } from "../../bench/table.js";

describe("median", () => {
  test("is the middle one, wherever it stands", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test("is between the middle two of an even number", () => {
    expect(median([4, 1, 100, 2])).toBe(3);
  });
});

describe("percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test("is the smallest number that the share does not pass", () => {
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 0.999)).toBe(100);
  });

  test("sorts by size, not by text, and leaves the numbers as they are", () => {
    const values = [10, 9, 100];
    expect(percentile(values, 0.1)).toBe(9);
    expect(values).toEqual([10, 9, 100]);
  });
});

test("the median ratio compares within each round", () => {
  expect(medianRatio([10, 200, 30], [5, 100, 10])).toBe(2);
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
