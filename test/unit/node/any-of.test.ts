import { expect, it } from "vitest";
import { anyOf } from "../../../runtime/node/any-of.js";
import { deferred } from "../../support/deferred.js";

const never = () => false;

it("gives what the first attempt gives that succeeds, and begins no others after it", async () => {
  const tried: number[] = [];
  const attempt = async (candidate: number) => {
    tried.push(candidate);
    if (candidate < 3) throw new Error(`not ${candidate}`);
    return candidate * 10;
  };
  expect(await anyOf([1, 2, 3, 4, 5, 6], 1, attempt, never)).toBe(30);
  expect(tried).toEqual([1, 2, 3]);
});

it("has no more than so many under way at once", async () => {
  let underWay = 0;
  let most = 0;
  const gates = [1, 2, 3, 4, 5].map(() => deferred());
  const attempt = async (index: number) => {
    most = Math.max(most, ++underWay);
    await gates[index]!.promise;
    underWay -= 1;
    throw new Error("no");
  };
  const all = anyOf([0, 1, 2, 3, 4], 2, attempt, never);
  for (const gate of gates) gate.resolve();
  await expect(all).rejects.toThrow("no");
  expect(most).toBe(2);
});

it("throws the failure that is preferred, whoever had it", async () => {
  const attempt = async (text: string) => {
    throw new Error(text);
  };
  const isPreferred = (thrown: unknown) => (thrown as Error).message === "later";
  for (const atOnce of [1, 3]) {
    for (const texts of [
      ["later", "no", "no"],
      ["no", "later", "no"],
      ["no", "no", "later"],
    ]) {
      await expect(anyOf(texts, atOnce, attempt, isPreferred)).rejects.toThrow("later");
    }
  }
});

it("fails where there is nobody to try", async () => {
  await expect(anyOf([], 3, async () => 1, never)).rejects.toThrow("there is nobody to try");
});
