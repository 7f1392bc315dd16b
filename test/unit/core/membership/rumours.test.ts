import { describe, expect, it } from "vitest";
import type { MemberState, News } from "../../../../runtime/core/membership/news.js";
import { Rumours, sendCountMax } from "../../../../runtime/core/membership/rumours.js";

const MANY = 100;

function news(node: string, state: MemberState = "alive", change: Partial<News> = {}): News {
  return { node, state, epoch: 100, incarnation: 0, ...change };
}

function nodesOf(taken: readonly News[]): string[] {
  return taken.map(({ node }) => node);
}

describe("how often a rumour is passed on", () => {
  it.each([
    [1, 4],
    [8, 4],
    [10, 8],
    [99, 8],
    [100, 12],
    [1000, 16],
    [10_000, 20],
  ])("is bounded, among %i by %i", (livingCount, count) => {
    expect(sendCountMax(livingCount)).toBe(count);
  });
});

describe("rumours", () => {
  it("are passed on to so many, and then no more", () => {
    const rumours = new Rumours();
    rumours.add(news("a"));
    const told = Array.from({ length: 30 }, (_, index) => rumours.take(`p${index}`, MANY));
    expect(told.map((taken) => taken.length)).toEqual([...Array(12).fill(1), ...Array(18).fill(0)]);
    expect(rumours.size).toBe(0);
  });

  it("go to nobody twice, and not back to who told them", () => {
    const rumours = new Rumours();
    rumours.add(news("a"), "z");
    expect(rumours.take("z", MANY)).toEqual([]);
    expect(nodesOf(rumours.take("y", MANY))).toEqual(["a"]);
    expect(rumours.take("y", MANY)).toEqual([]);
    expect(nodesOf(rumours.take("x", MANY))).toEqual(["a"]);
  });

  it("go to nobody who told the same or later, but to who told something older", () => {
    const rumours = new Rumours();
    rumours.add(news("a", "suspect", { incarnation: 3 }));
    rumours.heardFrom("same", news("a", "suspect", { incarnation: 3 }));
    rumours.heardFrom("later", news("a", "alive", { incarnation: 4 }));
    rumours.heardFrom("older", news("a", "dead", { incarnation: 2 }));
    rumours.add(news("a", "alive", { incarnation: 3 }), "milder");
    expect(rumours.take("same", MANY)).toEqual([]);
    expect(rumours.take("later", MANY)).toEqual([]);
    expect(nodesOf(rumours.take("older", MANY))).toEqual(["a"]);
    expect(nodesOf(rumours.take("milder", MANY))).toEqual(["a"]);
  });

  it("about a doubt go also to whom it is about, that it lives do not", () => {
    const rumours = new Rumours();
    rumours.add(news("a", "suspect"));
    rumours.add(news("b", "alive"));
    expect(nodesOf(rumours.take("a", MANY))).toEqual(["a", "b"]);
    expect(nodesOf(rumours.take("b", MANY))).toEqual(["a"]);
  });

  it("are one for each node, of its latest life", () => {
    const rumours = new Rumours();
    rumours.add(news("a", "dead"));
    rumours.add(news("a", "alive", { incarnation: 1 }));
    rumours.add(news("a", "dead"));
    expect(rumours.take("y", MANY)).toEqual([news("a", "alive", { incarnation: 1 })]);
    rumours.add(news("a", "alive", { epoch: 101 }));
    expect(rumours.take("y", MANY)).toEqual([news("a", "alive", { epoch: 101 })]);
    expect(rumours.size).toBe(1);
  });

  it.each<[MemberState, MemberState]>([
    ["alive", "suspect"],
    ["suspect", "dead"],
    ["dead", "left"],
  ])("within one life go from %s to %s and not back", (before, after) => {
    const rumours = new Rumours();
    rumours.add(news("a", before));
    rumours.add(news("a", after));
    rumours.add(news("a", before));
    expect(rumours.take("y", MANY)).toEqual([news("a", after)]);
  });

  it("begin anew with another accuser", () => {
    const rumours = new Rumours();
    rumours.add(news("a", "suspect", { accusers: ["m"] }));
    rumours.take("y", MANY);
    const confirmed = news("a", "suspect", { accusers: ["m", "n"] });
    rumours.add(confirmed);
    expect(rumours.take("y", MANY)).toEqual([confirmed]);
    rumours.add(news("a", "suspect", { accusers: ["m"] }));
    expect(rumours.take("y", MANY)).toEqual([]);
  });

  it("that have ended do not begin anew when they come round, but with another accuser", () => {
    const rumours = new Rumours();
    const suspect = (...accusers: string[]) => news("a", "suspect", { accusers });
    rumours.add(suspect("m"));
    for (let index = 0; index < 12; index++) rumours.take(`p${index}`, MANY);
    rumours.add(suspect("n"), "z");
    rumours.add(news("a"), "z");
    expect(rumours.size).toBe(0);
    rumours.add(suspect("m", "n"), "z");
    expect(rumours.take("p0", MANY)).toEqual([suspect("m", "n")]);
    rumours.settle(["p0", "z"]);
    rumours.add(suspect("n", "m"), "z");
    expect(rumours.size).toBe(0);
    rumours.forget("a");
    rumours.add(suspect("m"), "z");
    expect(rumours.size).toBe(1);
  });

  it("that were passed on least go first, and of those the doubts", () => {
    const rumours = new Rumours();
    for (const node of ["a1", "a2", "a3", "a4", "a5", "a6", "a7"]) rumours.add(news(node));
    rumours.add(news("s", "suspect"));
    rumours.add(news("d", "dead"));
    expect(nodesOf(rumours.take("x", MANY))).toEqual([
      ...["s", "d", "a1", "a2", "a3", "a4", "a5", "a6"],
    ]);
    const next = ["a7", "s", "d", "a1", "a2", "a3", "a4", "a5"];
    expect(nodesOf(rumours.take("y", MANY))).toEqual(next);
  });

  it("are dropped when all who are told know them", () => {
    const rumours = new Rumours();
    rumours.add(news("a"), "x");
    rumours.add(news("b"));
    rumours.settle([]);
    rumours.settle(["x", "y"]);
    expect(rumours.size).toBe(2);
    rumours.take("y", MANY);
    rumours.settle(["x", "y"]);
    expect(rumours.size).toBe(1);
    expect(nodesOf(rumours.take("x", MANY))).toEqual(["b"]);
  });

  it("about a forgotten node are dropped", () => {
    const rumours = new Rumours();
    rumours.add(news("a"));
    rumours.forget("a");
    rumours.forget("nobody");
    expect(rumours.take("x", MANY)).toEqual([]);
    expect(rumours.size).toBe(0);
  });

  it("are 1,024 at most; beyond, what was passed on most is dropped and reported", () => {
    const rumours = new Rumours();
    for (let index = 0; index < 1024; index++) rumours.add(news(`a${index}`));
    rumours.take("x", MANY);
    expect(rumours.takeOverflowCount()).toBe(0);
    rumours.add(news("s", "suspect"));
    rumours.add(news("b"));
    expect(rumours.size).toBe(1024);
    expect(rumours.takeOverflowCount()).toBe(2);
    expect(rumours.takeOverflowCount()).toBe(0);
    expect(nodesOf(rumours.take("y", MANY))).toContain("s");
    const left = new Set<string>();
    for (let index = 0; index < 2000; index++) {
      for (const { node } of rumours.take(`p${index}`, MANY)) left.add(node);
    }
    expect(left.has("b")).toBe(true);
    expect(left.has("a0") || left.has("a1")).toBe(false);
  });
});
