import { describe, expect, test } from "vitest";
import { withoutAmbient } from "../world/ambient.js";
import { allRules } from "./check/all-rules.js";
import { Cluster, namesOf } from "./cluster.js";
import { CompactRows } from "./rows/compact-rows.js";
import { RowStore } from "./rows/row-store.js";
import { CodecSample } from "./shell/codec-sample.js";
import { StubCore } from "./stub/stub-core.js";

const STRICTNESS = {
  graceMs: 5000,
  deadWithinMs: 6000,
  humbleMs: 2000,
  connectionCountMax: 16,
  rumourFactor: 4,
  forgottenAfterMs: 86_400_000,
  pendingCountMax: 32,
};

/** Nodes that each send heartbeats to all others, and believe nothing. */
function cluster(seed: number) {
  const store = new RowStore();
  const sample = new CodecSample(10);
  const names = namesOf(6);
  const world = new Cluster({
    seed,
    names,
    make: ({ machine, former }) => {
      const neighbours = names.filter((name) => name !== machine.name);
      const phaseMs = world.engine.dice.float() * 250;
      const rows = former?.rows ?? new CompactRows(store, names.length);
      const core = new StubCore({
        rows,
        neighbours,
        kept: neighbours,
        heartbeatIntervalMs: 1000,
        phaseMs,
      });
      core.isWriting = true;
      return core;
    },
    sample,
    rules: (truth, engine) => allRules(truth, engine, STRICTNESS),
  });
  world.startAll();
  const locateAll = (node: number) => {
    for (const { name, address } of world.machines) world.shell(node).lines.locate(name, address);
  };
  for (const { node } of world.machines) locateAll(node);
  const core = (node: number) => world.shell(node).core as StubCore;
  return { world, core, locateAll, sample };
}

/** A minute in which all goes wrong that can. */
function unfold(seed: number) {
  const { world, core, locateAll } = cluster(seed);
  const { plan, network } = world;
  network.weather = { ...network.weather, lossProbability: 0.05 };
  plan.after(5000, () => world.pause(0, 3000));
  plan.after(10_000, () => world.kill(1));
  plan.after(12_000, () => world.vanish(2));
  plan.after(14_000, () => world.leave(3));
  plan.after(20_000, () => plan.after(5000, network.partition([[0, 4], [5]])));
  plan.after(30_000, () => {
    world.machine(1).clockOffsetMs = -86_400_000;
    for (const node of [1, 2, 3]) {
      world.start(node, [5, 0]);
      locateAll(node);
    }
  });
  plan.after(40_000, () => network.resetBetween(0, 4));
  world.engine.run(60_000);
  return { world, core };
}

describe("a cluster", () => {
  test("lives through the same for the same seed", () => {
    const digests = [1, 1, 2].map((seed) => unfold(seed).world.engine.hash.digest());
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  test("lets nothing in from outside", async () => {
    const inside = await withoutAmbient(async () => unfold(1).world.engine.hash.digest());
    expect(inside).toBe(unfold(1).world.engine.hash.digest());
  });

  test("tells its cores of all that goes wrong", () => {
    const { world, core } = unfold(3);
    const heard = core(0).heard.map(([, what]) => what);
    expect(heard).toContain("lost node-2, the last");
    expect(heard).toContain("lost node-4, the last, goodbye");
    expect(heard.filter((what) => what.startsWith("no pong")).length).toBeGreaterThan(0);
    const joined = core(1).heard.map(([, what]) => what);
    expect(joined).toContain("sync -2 from node-6: true");
    // Its clock was set back by a day, and its new life is later all the same.
    expect(world.shell(1).epoch).toBeGreaterThan(world.shell(0).epoch);
    const quietMs = core(0).heard.map(([at], index, all) => at - (all[index - 1]?.[0] ?? at));
    expect(Math.max(...quietMs)).toBeGreaterThan(2900);
  });

  test("joins at the next address where the first gives no answer", () => {
    const { world, core } = cluster(1);
    world.vanish(1);
    world.kill(2);
    world.kill(3);
    world.start(3, [1, 2, 4]);
    world.engine.run(3900);
    expect(core(3).heard.map(([, what]) => what)).not.toContain("sync -2 from node-5: true");
    world.engine.run(4200);
    expect(core(3).heard.map(([, what]) => what)).toContain("sync -2 from node-5: true");
  });

  test("hands a process what the one before it on its machine knew", () => {
    const { world, core } = cluster(1);
    const { rows } = core(2);
    world.kill(2);
    world.start(2);
    expect(core(2).rows).toBe(rows);
    expect(core(1).rows).not.toBe(rows);
  });

  test("has a sample of its messages written and read", () => {
    const { world, sample } = cluster(1);
    world.engine.run(20_000);
    expect(sample.sampleCount).toBeGreaterThan(30);
    expect(sample.byteCount / sample.sampleCount).toBeGreaterThan(20);
  });

  test("has its rules look at it", () => {
    const { world } = cluster(1);
    world.engine.run(5000);
    // They know nothing of each other.
    expect(world.end().map(({ rule }) => rule)).toContain(
      "in the end all views are the same, and true",
    );
  });
});
