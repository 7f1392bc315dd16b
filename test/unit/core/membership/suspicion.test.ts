import { describe, expect, it } from "vitest";
import { remainingSuspicionMs, Suspicion } from "../../../../runtime/core/membership/suspicion.js";

const SPAN = { minMs: 2000, maxMs: 30_000 };

describe("how long a suspicion lasts", () => {
  it.each([
    { confirmations: 0, expected: 3, elapsedMs: 0, remainingMs: 30_000 },
    { confirmations: 1, expected: 3, elapsedMs: 2000, remainingMs: 14_000 },
    { confirmations: 2, expected: 3, elapsedMs: 3000, remainingMs: 4810 },
    { confirmations: 3, expected: 3, elapsedMs: 4000, remainingMs: -2000 },
    { confirmations: 4, expected: 3, elapsedMs: 5000, remainingMs: -3000 },
    { confirmations: 5, expected: 3, elapsedMs: 10_000, remainingMs: -8000 },
  ])("with $confirmations of $expected confirmations: $remainingMs ms after $elapsedMs", (row) => {
    expect(remainingSuspicionMs(row, SPAN)).toBe(row.remainingMs);
  });

  it("is the minimum where nobody could confirm it", () => {
    const counts = { confirmations: 0, expected: 0, elapsedMs: 500 };
    expect(remainingSuspicionMs(counts, SPAN)).toBe(1500);
  });
});

describe("a suspicion", () => {
  const startedBy = (...accusers: string[]) => {
    const suspicion = new Suspicion();
    suspicion.start(1000, SPAN, 10);
    for (const accuser of accusers) suspicion.accuse(accuser, { isPublic: true });
    return suspicion;
  };

  it("is never due before it began", () => {
    expect(new Suspicion().dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it("is due earlier with each of two confirmations, and no earlier with more", () => {
    const due = (...accusers: string[]) => startedBy(...accusers).dueAt;
    expect(due("a")).toBe(31_000);
    expect(due("a", "b")).toBe(1000 + Math.floor(30_000 - (28_000 * Math.log(2)) / Math.log(3)));
    expect(due("a", "b", "c")).toBe(3000);
    expect(due("a", "b", "c", "d")).toBe(3000);
  });

  it("takes the same accuser for one", () => {
    expect(startedBy("a", "a", "a").dueAt).toBe(31_000);
    expect(startedBy("a", "a").canBury(5)).toBe(false);
  });

  it("buries on two words, or on one where there is only one voter", () => {
    expect(startedBy("a").canBury(2)).toBe(false);
    expect(startedBy("a").canBury(1)).toBe(true);
    expect(startedBy("a").canBury(0)).toBe(true);
    expect(startedBy("a", "b").canBury(100)).toBe(true);
    expect(startedBy().canBury(1)).toBe(false);
  });

  it("is prolonged by its maximum, and no longer than until another accuses", () => {
    const suspicion = startedBy("a");
    suspicion.prolong(31_000);
    expect(suspicion.dueAt).toBe(61_000);
    suspicion.accuse("a", { isPublic: true });
    expect(suspicion.dueAt).toBe(61_000);
    suspicion.accuse("b", { isPublic: false });
    expect(suspicion.dueAt).toBeLessThan(31_000);
  });

  it("is worth telling while fewer than three accusers are known in public", () => {
    const suspicion = startedBy("a", "b");
    suspicion.accuse("helper", { isPublic: false });
    expect(suspicion.isNews).toBe(true);
    suspicion.accuse("helper", { isPublic: true });
    expect(suspicion.isNews).toBe(false);
  });

  it("names three accusers at most, the teller first", () => {
    const suspicion = startedBy("a", "b", "me", "c");
    expect(suspicion.namedBy("me")).toEqual(["me", "a", "b"]);
    expect(suspicion.named).toEqual(["a", "b", "me"]);
  });

  it("keeps no more than eight accusers, however many there are", () => {
    const suspicion = startedBy(...Array.from({ length: 100 }, (_, index) => `node-${index}`));
    expect(suspicion.isAccusedBy("node-7")).toBe(true);
    expect(suspicion.isAccusedBy("node-8")).toBe(false);
  });
});
