import { describe, expect, it } from "vitest";
import { atLeastOnceFaults, exactlyOnceFaults, type Outcome } from "./faults.js";
import { Ledger } from "./ledger.js";

type Said = readonly [word: string, number: number, why?: string];

function ledgerOf(...said: readonly Said[]): Ledger {
  const ledger = new Ledger();
  for (const [word, number, why = ""] of said) ledger.hear(word, number, why);
  return ledger;
}

describe("what breaks at-least-once", () => {
  const faultsOf = (...said: readonly Said[]) => atLeastOnceFaults(ledgerOf(...said));

  it("is a message that was delivered and not handled", () => {
    expect(faultsOf(["delivered", 1], ["delivered", 2], ["handled", 2])).toEqual([
      "1 was delivered, and no handler is through with it",
    ]);
  });

  it("is a message that was handled and called not delivered", () => {
    expect(faultsOf(["handled", 1], ["failed", 1, "TIMEOUT not-delivered"])).toEqual([
      "1 was TIMEOUT not-delivered, and has been handled",
    ]);
  });

  it("is not one that was handled twice, and not one of which nobody knows", () => {
    const twice: Said = ["handled", 1];
    expect(faultsOf(twice, twice, ["delivered", 1])).toEqual([]);
    expect(faultsOf(["handled", 1], ["failed", 1, "TIMEOUT unknown"])).toEqual([]);
    expect(faultsOf(["failed", 1, "TIMEOUT unknown"])).toEqual([]);
  });
});

describe("what breaks exactly-once", () => {
  function faultsOf(outcome: Partial<Outcome>, once: Said[] = [], outbox: Said[] = []): string[] {
    const nothing = {
      onceRuns: new Map(),
      outboxRuns: new Map(),
      disordered: [],
      accepted: new Set<number>(),
    };
    return exactlyOnceFaults(ledgerOf(...once), ledgerOf(...outbox), { ...nothing, ...outcome });
  }

  const ran = new Map([[1, 1]]);

  it("is an effect that is there twice, whatever was said of it", () => {
    const twice = new Map([[1, 2]]);
    expect(faultsOf({ onceRuns: twice })).toEqual(["1 has had its effect 2 times"]);
    expect(faultsOf({ outboxRuns: twice, accepted: new Set([1]) })).toEqual([
      "1 has had its effect 2 times",
    ]);
  });

  it("is a message that was delivered, or accepted, and has no effect", () => {
    expect(faultsOf({}, [["delivered", 1]])).toEqual(["1 was delivered, and is lost"]);
    expect(faultsOf({}, [], [["delivered", 1]])).toEqual(["1 was delivered, and is lost"]);
    expect(faultsOf({ accepted: new Set([1]) })).toEqual(["1 was accepted, and is lost"]);
  });

  it("is a transaction that was durable and is not there any more", () => {
    expect(faultsOf({}, [], [["accepted", 1]])).toEqual([
      "the transaction that sent 1 was durable, and is lost",
    ]);
  });

  it("is a message that was handled without the transaction that sent it", () => {
    expect(faultsOf({ outboxRuns: ran })).toEqual([
      "1 has had its effect without the transaction that sent it",
    ]);
    expect(faultsOf({ outboxRuns: ran }, [], [["delivered", 1]])).toEqual([]);
  });

  it("is a message that had its effect and was called not delivered", () => {
    expect(faultsOf({ onceRuns: ran }, [["failed", 1, "TIMEOUT not-delivered"]])).toEqual([
      "1 was TIMEOUT not-delivered, and has been handled",
    ]);
    expect(faultsOf({ onceRuns: ran }, [["failed", 1, "TIMEOUT unknown"]])).toEqual([]);
  });

  it("is a message that was given up because a store was lost, which none was", () => {
    expect(faultsOf({}, [["failed", 1, "SESSION_LOST unknown"]])).toEqual([
      "1 was SESSION_LOST unknown, and no store was lost",
    ]);
  });

  it("is a message that was handled behind one that was sent after it", () => {
    expect(faultsOf({ disordered: [1] })).toHaveLength(1);
  });

  it("is not a message of which nothing was said, whether it had its effect or not", () => {
    const onceRuns = new Map([1, 3].map((number) => [number, 1]));
    const outboxRuns = new Map([[2, 1]]);
    const accepted = new Set([2]);
    const outcome = { onceRuns, outboxRuns, accepted };
    expect(faultsOf(outcome, [["delivered", 1]], [["accepted", 2]])).toEqual([]);
  });
});
