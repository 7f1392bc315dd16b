import { describe, expect, it } from "vitest";
import { TIMINGS } from "../../../../runtime/core/membership/timing.js";
import { Dice } from "../../../sim/world/dice.js";
import { FewNodes } from "./few-nodes.js";

const { specification, lan } = TIMINGS;
const FIVE = ["a", "b", "c", "d", "e"];
const EIGHT = [...FIVE, "f", "g", "h"];

/** The log without its times, each once. */
const kinds = (world: FewNodes) => new Set(world.log.map((line) => line.replace(/^\S+ /, "")));
const seededWorld = (seed: number, nodes: readonly string[] = EIGHT) => {
  const dice = new Dice(seed);
  return new FewNodes({ nodes, timing: lan, random: () => dice.float() });
};
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

describe("the timeline of the specification", () => {
  it("holds to the millisecond between two nodes", () => {
    const world = new FewNodes({ nodes: ["a", "b"], timing: specification, latencyMs: 0 });
    world.runUntil(9999);
    world.node("b").up = "vanished";
    world.runUntil(120_000);
    expect(world.asked).toEqual(["30000 a ping b"]);
    expect(world.log).toEqual(["31000 a suspect b", "36000 a dead b", "37000 a tell-dead b"]);
  });

  it("holds to the millisecond among five, with three helpers each", () => {
    const world = new FewNodes({ nodes: FIVE, timing: specification, latencyMs: 0 });
    world.runUntil(9999);
    world.node("b").up = "vanished";
    world.runUntil(120_000);
    const of = (lines: string[], who: string) => lines.filter((line) => line.includes(` ${who} `));
    expect(of(world.asked, "a probe")).toEqual(["c", "d", "e"].map((to) => `32000 a probe ${to}`));
    for (const who of ["a", "c", "d", "e"]) {
      const found = of(world.log, who);
      expect(found.slice(0, 2)).toEqual([`31000 ${who} suspect b`, `36000 ${who} dead b`]);
      expect(found.slice(2).filter((line) => line !== `37000 ${who} tell-dead b`)).toEqual([]);
    }
    expect(of(world.log, "a")).toContain("37000 a tell-dead b");
  });

  it("bears a heartbeat that is missed after 10 s", () => {
    const world = new FewNodes({ nodes: FIVE, timing: specification });
    world.runUntil(5000);
    world.node("b").beats = false;
    world.runUntil(15_000);
    world.node("b").beats = true;
    world.runUntil(100_000);
    expect(world.asked).toEqual([]);
  });

  it("bears a node that was stopped for 25 s", () => {
    const world = new FewNodes({ nodes: FIVE, timing: specification });
    world.runUntil(5000);
    world.node("b").up = "stopped";
    world.runUntil(30_000 - 1);
    world.node("b").resume();
    world.runUntil(100_000);
    expect(world.log).toEqual([]);
  });
});

describe("the timeline for one data centre", () => {
  it("asks helpers before it suspects, and has several accusers before it buries", () => {
    const world = new FewNodes({ nodes: FIVE, timing: lan });
    world.runUntil(5500);
    world.node("b").up = "vanished";
    world.runUntil(20_000);
    const first = (lines: string[], what: string) =>
      Number.parseFloat(lines.find((line) => line.includes(what)) ?? "NaN");
    const asked = world.asked.filter((line) => Number.parseFloat(line) > 5500);
    expect(first(asked, " probe ")).toBeLessThan(first(world.log, " suspect b"));
    expect(first(world.log, " suspect b")).toBeLessThan(first(world.log, " dead b"));
    expect(first(world.log, " dead b")).toBeLessThan(5500 + 5400);
    for (const who of ["a", "c", "d", "e"]) expect(world.node(who).states.get("b")).toBe("dead");
  });

  it.each(["vanished", "killed"] as const)(
    "buries who %s, and nobody else, within 5.4 s",
    (how) => {
      for (const seed of SEEDS) {
        const world = seededWorld(seed);
        world.runUntil(5000 + 37 * seed);
        world.node("b").up = how;
        world.runUntil(world.now + 5400);
        for (const [name, { states }] of world.nodes) {
          if (name === "b") continue;
          expect([seed, name, [...states].filter(([, state]) => state !== "alive")]).toEqual([
            seed,
            name,
            [["b", "dead"]],
          ]);
        }
      }
    },
  );

  it("tells of a death few times, however many nodes find it out", () => {
    for (const seed of SEEDS) {
      const world = seededWorld(seed);
      world.runUntil(5000);
      world.node("b").up = "vanished";
      world.runUntil(20_000);
      const told = world.log.filter((line) => line.includes(" tell-suspect b"));
      expect(told.length).toBeGreaterThan(0);
      expect(told.length).toBeLessThanOrEqual(3);
    }
  });

  it("is silent for ten minutes while nothing happens, and keeps no inquiries", () => {
    const world = seededWorld(1);
    world.runUntil(600_000);
    expect(world.log).toEqual([]);
    for (const { detector } of world.nodes.values()) {
      expect(detector.healthScore).toBe(0);
      expect(detector.counts.watched).toBe(7);
      expect(detector.counts.inquiries).toBeLessThanOrEqual(1);
    }
  });
});

describe("a node that cannot reach another", () => {
  it("leaves it alive as long as helpers reach it", () => {
    for (const seed of SEEDS) {
      const world = seededWorld(seed, FIVE);
      world.cut("a", "b");
      world.cut("b", "a");
      world.runUntil(60_000);
      expect(world.log).toEqual([]);
    }
  });

  it("accuses two at most when it is cut off from all, says so once, and buries nobody ever", () => {
    for (const seed of SEEDS) {
      const world = seededWorld(seed);
      world.runUntil(5000);
      for (const other of EIGHT.slice(1)) {
        world.cut("a", other);
        world.cut(other, "a");
      }
      world.runUntil(14_000);
      const mine = world.log
        .map((line) => line.replace(/^\S+ /, ""))
        .filter((line) => /^a/.test(line));
      expect(mine.filter((line) => line.startsWith("a suspect")).length).toBeLessThanOrEqual(2);
      expect(mine.filter((line) => line === "a isolated")).toHaveLength(1);
      world.runUntil(120_000);
      expect(new Set(world.node("a").states.values())).toEqual(new Set(["suspect"]));
    }
  });

  it("is not deaf when connections are refused, so it suspects all three others", () => {
    const world = seededWorld(1, ["a", "b", "c", "d"]);
    world.runUntil(5000);
    for (const other of ["b", "c", "d"]) world.node(other).up = "killed";
    world.runUntil(20_000);
    expect(kinds(world)).not.toContain("a isolated");
    expect(new Set(world.node("a").states.values())).toEqual(new Set(["suspect"]));
  });
});

describe("a node that was not looking", () => {
  it("accuses nobody after it was stopped for 10 s", () => {
    for (const seed of SEEDS) {
      const world = seededWorld(seed);
      world.runUntil(5000 + 37 * seed);
      world.node("a").up = "stopped";
      world.runUntil(world.now + 10_000);
      const before = world.log.length;
      world.node("a").resume();
      world.runUntil(world.now + 10_000);
      const found = world.log.slice(before).map((line) => line.replace(/^\S+ /, ""));
      expect(found.filter((line) => line.startsWith("a "))).toEqual([]);
      for (const name of EIGHT.slice(1)) expect(world.node(name).states.get("a")).toBe("alive");
    }
  });

  it("accuses nobody while its event loop is blocked for 3 s again and again, but is more patient", () => {
    for (const seed of SEEDS.slice(0, 5)) {
      const world = seededWorld(seed);
      world.runUntil(5000);
      let scoreMax = 0;
      for (let round = 0; round < 5; round += 1) {
        world.node("a").up = "stopped";
        world.runUntil(world.now + 3000);
        world.node("a").resume();
        world.runUntil(world.now + 100);
        scoreMax = Math.max(scoreMax, world.node("a").detector.healthScore);
        world.runUntil(world.now + 3000 + 17 * seed);
      }
      expect([...kinds(world)].filter((line) => line.startsWith("a "))).toEqual([]);
      expect(scoreMax).toBeGreaterThanOrEqual(2);
    }
  });

  it("accuses others when it does not doubt itself", () => {
    const accusationCount = (localHealth: boolean) => {
      const dice = new Dice(1);
      const random = () => dice.float();
      const world = new FewNodes({ nodes: EIGHT, timing: lan, random, localHealth });
      for (let round = 0; round < 20; round += 1) {
        const askedCount = world.asked.length;
        const hasAsked = () => world.asked.slice(askedCount).some((line) => / a ping /.test(line));
        while (!hasAsked()) world.runUntil(world.now + 0.5);
        world.node("a").up = "stopped";
        world.runUntil(world.now + 700);
        world.node("a").resume();
        world.runUntil(world.now + 2000);
      }
      return world.log.filter((line) => line.includes(" a suspect ")).length;
    };
    expect(accusationCount(true)).toBe(0);
    expect(accusationCount(false)).toBeGreaterThan(0);
  });
});
