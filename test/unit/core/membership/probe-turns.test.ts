import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProbeTurns } from "../../../../runtime/core/membership/probe-turns.js";
import { Dice } from "../../../sim/world/dice.js";

describe("turns to be asked", () => {
  it("come to each once a round, in another order each round", () => {
    const turns = turnsOf(1, 20);
    const rounds = [1, 2, 3].map(() => Array.from({ length: 20 }, () => turns.take()!));
    for (const round of rounds) expect(new Set(round).size).toBe(20);
    expect(rounds[0]).not.toEqual(rounds[1]);
    expect(rounds[1]).not.toEqual(rounds[2]);
  });

  it("have nobody to give them to when nobody is left", () => {
    const turns = turnsOf(1, 1);
    turns.remove("node-0");
    expect(turns.take()).toBeUndefined();
    expect(turns.size).toBe(0);
  });

  it("keep nobody waiting for more than two rounds, whoever comes and goes meanwhile", () => {
    const change = fc.record({ isAdded: fc.boolean(), which: fc.nat(9) });
    fc.assert(
      fc.property(fc.nat(), fc.array(change, { maxLength: 60 }), (seed, changes) => {
        const turns = turnsOf(seed, 10);
        const present = new Set(Array.from({ length: 10 }, (_, index) => `node-${index}`));
        for (const { isAdded, which } of changes) {
          const node = `node-${which}`;
          if (isAdded) turns.add(node);
          else turns.remove(node);
          if (isAdded) present.add(node);
          else present.delete(node);
          const taken = turns.take();
          expect(taken === undefined ? present.size === 0 : present.has(taken)).toBe(true);
        }
        const taken = Array.from({ length: 2 * present.size }, () => turns.take());
        expect(new Set(taken.filter((node) => node !== undefined))).toEqual(present);
      }),
    );
  });
});

function turnsOf(seed: number, count: number): ProbeTurns {
  const dice = new Dice(seed);
  const turns = new ProbeTurns(() => dice.float());
  for (let index = 0; index < count; index += 1) turns.add(`node-${index}`);
  return turns;
}
