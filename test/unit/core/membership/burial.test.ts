import { describe, expect, it } from "vitest";
import {
  accusersOf,
  burierCount,
  credible,
  joinedAccusers,
} from "../../../../runtime/core/membership/burial.js";
import type { News } from "../../../../runtime/core/membership/news.js";

const DEAD: News = { node: "a", state: "dead", epoch: 100, incarnation: 0 };

describe("burial", () => {
  it.each([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 2],
    [10_000, 2],
  ])("of %i who could accuse it takes %i", (voterCount, count) => {
    expect(burierCount(voterCount)).toBe(count);
  });

  it("counts the teller only where nobody is named", () => {
    expect(accusersOf(DEAD, "z")).toEqual(["z"]);
    expect(accusersOf({ ...DEAD, accusers: [] }, "z")).toEqual(["z"]);
    expect(accusersOf({ ...DEAD, accusers: ["x", "y"] }, "z")).toEqual(["x", "y"]);
  });

  it("takes a death that one node vouches for as a suspicion", () => {
    expect(credible(DEAD, ["x"], 2).state).toBe("suspect");
    expect(credible(DEAD, ["x", "x"], 2).state).toBe("suspect");
    expect(credible(DEAD, ["x", "y"], 2)).toBe(DEAD);
    expect(credible(DEAD, ["x"], 1)).toBe(DEAD);
  });

  it("believes the rest as it is told", () => {
    for (const state of ["alive", "suspect", "left"] as const) {
      expect(credible({ ...DEAD, state }, ["x"], 9).state).toBe(state);
    }
  });

  it("names at most three accusers, the earliest", () => {
    expect(joinedAccusers(["a", "b"], ["b", "c", "d"])).toEqual(["a", "b", "c"]);
    const known = ["a", "b"];
    expect(joinedAccusers(known, ["b", "a"])).toBe(known);
    const full = ["a", "b", "c"];
    expect(joinedAccusers(full, ["d"])).toBe(full);
  });
});
