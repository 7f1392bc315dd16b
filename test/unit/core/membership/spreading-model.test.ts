import { describe, expect, it } from "vitest";
import { NEWS_COUNT_MAX } from "../../../../runtime/core/membership/contract.js";
import { newsOf } from "./spreading.js";
import { Model } from "./spreading-model.js";

/** A cluster whose neighbours have found each other. */
function settled(count: number, seed = 1): Model {
  const model = new Model(count, seed);
  model.pass(5);
  return model;
}

/** Intervals until all that are up know of a death. */
function intervalsUntilKnown(model: Model): number {
  const victim = model.up[Math.floor(model.up.length / 2)]!;
  model.kill(victim);
  const startAt = model.now;
  while (model.informedCount(victim.id) < model.up.length && model.now < startAt + 20_000) {
    model.pass(0.01);
  }
  return (model.now - startAt) / 1000;
}

describe("an epidemic among many", () => {
  it.each([50, 500])("of %i informs all of a death in time", (count) => {
    for (let seed = 1; seed <= 5; seed++) {
      const intervals = intervalsUntilKnown(settled(count, seed));
      expect(intervals).toBeLessThan(1 + 0.5 * Math.log10(count));
    }
  });

  it("has at most 16 neighbours to a node, 8 in the mean", () => {
    const model = settled(500);
    const counts = model.nodes.map(({ watched }) => watched.size);
    expect(Math.max(...counts)).toBeLessThanOrEqual(16);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
    const mean = counts.reduce((sum, count) => sum + count) / counts.length;
    expect(Math.abs(mean - 8)).toBeLessThan(0.2);
  });

  it("makes and ends every pair of neighbours on both ends", () => {
    const model = settled(200);
    for (let round = 0; round < 20; round++) {
      const before = new Set(model.oneSided);
      model.pass(4);
      expect(model.oneSided.filter((pair) => before.has(pair))).toEqual([]);
    }
  });

  it("has as many neighbours after an hour of replacing them", () => {
    const model = settled(50);
    const before = model.pass(10);
    const neighbours = model.nodes.map(({ watched }) => [...watched]);
    model.pass(3600);
    const after = model.pass(10);
    expect(Math.abs(after / before - 1)).toBeLessThan(0.05);
    const remaining = model.nodes.map(({ watched }, index) => {
      return neighbours[index]!.filter((node) => watched.has(node)).length;
    });
    expect(remaining.reduce((sum, count) => sum + count) / 50).toBeLessThan(4);
  });

  it("costs each node as many messages whether there are 50 or 500, in peace or while many die", () => {
    const small = settled(50);
    const large = settled(500);
    const quiet = { small: small.pass(20), large: large.pass(20) };
    expect(quiet.small).toBeGreaterThan(7.5);
    expect(quiet.small).toBeLessThan(8.5);
    expect(Math.abs(quiet.large / quiet.small - 1)).toBeLessThan(0.1);
    const churning = { small: churn(small, 5), large: churn(large, 50) };
    expect(Math.abs(churning.small / quiet.small - 1)).toBeLessThan(0.1);
    expect(Math.abs(churning.large / quiet.large - 1)).toBeLessThan(0.1);
    expect(Math.abs(churning.large / churning.small - 1)).toBeLessThan(0.1);
  });

  it("tells no more than fits a heartbeat, and all the rest later", () => {
    const model = settled(100);
    const victims = model.nodes.slice(0, 30);
    model.kill(...victims);
    model.pass(12);
    expect(model.newsCountMax).toBe(NEWS_COUNT_MAX);
    for (const { id } of victims) expect(model.informedCount(id)).toBe(70);
    model.pass(30);
    for (const { strategy } of model.up) expect(strategy.rumourCount).toBe(0);
  });
});

describe("a cluster that switches", () => {
  /** Of 60 members these 13 come and go, without ever being heard: with all it is an epidemic. */
  const GUEST_COUNT = 13;
  const MESH_MEMBERS_MAX = 58;
  /** No timeline has less patience than this many heartbeat intervals. */
  const PATIENCE_MS = 2600;

  /** All guests come or go, the last of them so that the members learn it one after the other. */
  function switchAll(model: Model, state: "alive" | "left", incarnation: number): number {
    let silentMs = 0;
    model.nodes.slice(0, GUEST_COUNT).forEach(({ id }, index) => {
      const intervals = index === GUEST_COUNT - 1 ? 8 : 0;
      silentMs = model.tellAll(newsOf(id, { state, incarnation }), intervals);
    });
    return silentMs;
  }

  function kinds(model: Model) {
    return new Set(model.up.map(({ strategy }) => strategy.kind));
  }

  it.each([1, 2, 3])("misses no heartbeat while some are a mesh and some are not (%i)", (seed) => {
    const model = new Model(60, seed, { meshMembersMax: MESH_MEMBERS_MAX });
    for (const guest of model.nodes.slice(0, GUEST_COUNT)) guest.isUp = false;
    for (let incarnation = 0; incarnation < 3; incarnation++) {
      expect(switchAll(model, "left", incarnation)).toBeLessThan(PATIENCE_MS);
      expect(kinds(model)).toEqual(new Set(["mesh"]));
      model.pass(3);
      expect(model.pass(5)).toBe(46);

      expect(switchAll(model, "alive", incarnation + 1)).toBeLessThan(PATIENCE_MS);
      expect(kinds(model)).toEqual(new Set(["epidemic"]));
      model.pass(3);
      const before = new Set(model.oneSided);
      expect(model.pass(5)).toBeLessThan(8.5);
      expect(model.oneSided.filter((pair) => before.has(pair))).toEqual([]);
    }
  });
});

/** So many nodes die, one after the other within 20 intervals. Returns the messages of a node in one. */
function churn(model: Model, count: number): number {
  const sent: number[] = [];
  for (let index = 0; index < count; index++) {
    model.kill(model.up[0]!);
    sent.push(model.pass(20 / count));
  }
  return sent.reduce((sum, each) => sum + each) / count;
}
