import { describe, expect, it } from "vitest";
import { Neighbours } from "../../../../runtime/core/membership/neighbours.js";
import type { MemberState } from "../../../../runtime/core/membership/news.js";
import { MapRows } from "../../../../runtime/core/membership/rows.js";
import { Dice } from "../../../sim/world/dice.js";
import { member } from "./table-builders.js";

function among(count: number, states: Partial<Record<string, MemberState>> = {}, seed = 1) {
  const rows = new MapRows();
  for (let index = 0; index < count; index++) {
    const node = `n${index}`;
    rows.set(member(node, { state: states[node] ?? "alive" }));
  }
  const dice = new Dice(seed);
  const random = () => dice.float();
  return new Neighbours({ rows, random, heartbeatIntervalMs: 1000 });
}

function chooseAll(neighbours: Neighbours, now: number): string[] {
  const chosen: string[] = [];
  for (let node = neighbours.choose(now); node !== undefined; node = neighbours.choose(now)) {
    chosen.push(node);
  }
  return chosen;
}

describe("neighbours", () => {
  it("are four chosen ones", () => {
    const neighbours = among(100);
    const chosen = chooseAll(neighbours, 0);
    expect(new Set(chosen).size).toBe(4);
    expect([...neighbours].sort()).toEqual(chosen.sort());
  });

  it("are as many as there are where there are fewer", () => {
    expect(chooseAll(among(3), 0).sort()).toEqual(["n0", "n1", "n2"]);
    expect(chooseAll(among(0), 0)).toEqual([]);
  });

  it("are chosen among the living, each as likely", () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= 2000; seed++) {
      for (const node of chooseAll(among(12, { n0: "dead", n1: "left" }, seed), 0)) {
        counts.set(node, (counts.get(node) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expect(Math.abs(count - 800)).toBeLessThan(100);
  });

  it("are found also where nearly all are gone", () => {
    const states: Record<string, MemberState> = {};
    for (let index = 0; index < 998; index++) states[`n${index}`] = "dead";
    expect(chooseAll(among(1000, states), 0).sort()).toEqual(["n998", "n999"]);
  });

  it("are twelve beside those, who chose this node, and no more", () => {
    const neighbours = among(100);
    const chosen = new Set(chooseAll(neighbours, 0));
    const others = Array.from({ length: 20 }, (_, index) => `n${index}`).filter(
      (node) => !chosen.has(node),
    );
    const admissions = others.map((node) => neighbours.admit(0, node));
    expect(admissions.slice(0, 12)).toEqual(Array(12).fill("admitted"));
    expect(new Set(admissions.slice(12))).toEqual(new Set(["full"]));
    expect(neighbours.size).toBe(16);
    expect(neighbours.hasAdmitted(others[0]!)).toBe(true);
    expect(neighbours.hasAdmitted([...chosen][0]!)).toBe(false);
  });

  it("are replaced by another", () => {
    const neighbours = among(5);
    const [first] = chooseAll(neighbours, 0);
    expect(neighbours.end(0, first!, true)).toBe(true);
    expect(neighbours.end(0, first!, true)).toBe(false);
    expect(neighbours.has(first!)).toBe(false);
    expect(chooseAll(neighbours, 0)).toHaveLength(1);
    expect(neighbours.has(first!)).toBe(false);
  });

  it("whom nobody can replace come back after an interval", () => {
    const neighbours = among(4);
    const [first] = chooseAll(neighbours, 0);
    neighbours.end(0, first!, false);
    expect(chooseAll(neighbours, 999)).toEqual([]);
    expect(chooseAll(neighbours, 1000)).toEqual([first]);
  });

  it("that were dropped are not taken back for a heartbeat that was under way", () => {
    const neighbours = among(100);
    neighbours.admit(0, "n1");
    neighbours.end(0, "n1", true);
    expect(neighbours.admit(999, "n1")).toBe("ignored");
    expect(neighbours.admit(1000, "n1")).toBe("admitted");
  });

  it("that dropped this node may choose it again at once", () => {
    const neighbours = among(100);
    neighbours.admit(0, "n1");
    neighbours.end(0, "n1", false);
    expect(neighbours.admit(1, "n1")).toBe("admitted");
  });

  it("are drawn by lot, chosen and admitted ones alike", () => {
    const neighbours = among(100);
    chooseAll(neighbours, 0);
    for (let index = 0; index < 100 && neighbours.size < 8; index++) {
      if (!neighbours.has(`n${index}`)) neighbours.admit(0, `n${index}`);
    }
    const drawn = new Set(Array.from({ length: 200 }, () => neighbours.random()));
    expect(drawn).toEqual(new Set(neighbours));
    expect(among(3).random()).toBeUndefined();
  });
});
