import { describe, expect, it } from "vitest";
import { completeFacts, factsAfter, NO_FACTS } from "../../../../runtime/core/membership/facts.js";
import {
  compareLife,
  isMemberState,
  knownNews,
  type News,
  relationOf,
} from "../../../../runtime/core/membership/news.js";

const life = (epoch: number, incarnation: number) => ({ epoch, incarnation });
const ROW = life(100, 5);

describe("lives", () => {
  it.each([
    [life(99, 9), "older-epoch", -1],
    [life(100, 4), "older", -1],
    [life(100, 5), "same", 0],
    [life(100, 6), "newer", 1],
    [life(101, 0), "newer-epoch", 1],
  ] as const)("%j is %s", (news, relation, sign) => {
    expect(relationOf(news, ROW)).toBe(relation);
    expect(Math.sign(compareLife(news, ROW))).toBe(sign);
  });
});

describe("states of a later version", () => {
  it("are left out of what is heard", () => {
    const known = { node: "a", state: "left", ...ROW };
    expect(knownNews([known, { ...known, state: "draining" }])).toEqual([known]);
  });

  it("are told apart from those that are known", () => {
    expect(["alive", "suspect", "dead", "left"].every(isMemberState)).toBe(true);
    expect(["", "draining", "Alive", "toString"].some(isMemberState)).toBe(false);
  });
});

describe("facts", () => {
  const own = { address: "10.0.0.2:7946", version: "1.0.0", capabilities: ["mesh", "instance"] };
  const facts = completeFacts("node", { ...own, metadata: { rack: "3", zone: "b" } });
  const news: News = { node: "a", state: "alive", ...ROW };

  it("go by one name whatever order they are listed in", () => {
    const capabilities = ["instance", "mesh"];
    const same = completeFacts("node", {
      ...own,
      capabilities,
      metadata: { zone: "b", rack: "3" },
    });
    expect(same.hash).toBe(facts.hash);
    expect(facts.hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    completeFacts("controller", { ...own, metadata: { rack: "3", zone: "b" } }),
    completeFacts("node", { ...own, metadata: { rack: "b", zone: "3" } }),
    completeFacts("node", { ...own, version: "1.0.1", metadata: { rack: "3", zone: "b" } }),
    completeFacts("node", { ...own, capabilities: ["mesh"], metadata: { rack: "3", zone: "b" } }),
  ])("go by another name when one of them changes", (other) => {
    expect(other.hash).not.toBe(facts.hash);
  });

  it("stay what they are where news has none, or names the same", () => {
    expect(factsAfter(news, facts)).toBe(facts);
    expect(factsAfter({ ...news, facts_hash: facts.hash }, facts)).toBe(facts);
  });

  it("are incomplete once news names others", () => {
    const after = factsAfter({ ...news, facts_hash: "0".repeat(16), address: "b:1" }, facts);
    expect(after).toMatchObject({ isComplete: false, address: "b:1", hash: "0".repeat(16) });
    expect(factsAfter(news, NO_FACTS).isComplete).toBe(false);
  });
});
