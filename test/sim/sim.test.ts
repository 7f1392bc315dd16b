import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../codegen/package-root.js";
import { checkers } from "./check/index.js";
import { Disk } from "./disk/disk.js";
import { FAULTS } from "./planted/all-faults.js";
import { withoutAmbient } from "./world/ambient.js";
import { World } from "./world/world.js";

const COUNT = 200;
/** They take less than a minute each on two cores that are free. */
const TIMEOUT_MS = 900_000;

/** Runs a compiled program of the simulator, in a process of its own: in a world all timers are banned. */
async function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const path = join(PACKAGE_ROOT, "dist/test/sim", program);
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args], {
    env: { ...process.env, SEED: "", SEEDS: "", ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

describe("the simulator", () => {
  test("finds no broken rule, the same in each world again, and gets to all rare states", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const [summary, ...states] = (await run("main.js", ["--count", `${COUNT}`, "--coverage"]))
      .trim()
      .split("\n");
    expect(summary).toContain(`${COUNT} seeds from 1, each twice`);
    expect(summary).toContain("no rule was broken");
    expect(states.length).toBeGreaterThan(20);
    expect(states.filter((state) => state.startsWith("0\t"))).toEqual([]);
  });

  test("finds each planted fault within 2000 seeds", { timeout: TIMEOUT_MS }, async () => {
    const table = (await run("planted/main.js", [])).trim();
    console.log(table);
    expect(table.split("\n")).toHaveLength(Object.keys(FAULTS).length);
    expect(table).not.toContain("not found");
    // A rule that no fault breaks may be one that nothing breaks.
    for (const { rule } of checkers()) expect(table).toContain(rule);
  });

  test("replays a world by its seed", async () => {
    const once = await run("main.js", [], { SEED: "7" });
    expect(once).toContain("started");
    expect(await run("main.js", [], { SEED: "7" })).toBe(once);
    expect(await run("main.js", [], { SEED: "8" })).not.toBe(once);
  });

  test("lets nothing in from outside", async () => {
    const { now } = Date;
    await expect(withoutAmbient(async () => Date.now())).rejects.toThrow("not of this world");
    await expect(withoutAmbient(async () => Math.random())).rejects.toThrow("not of this world");
    await expect(withoutAmbient(async () => setTimeout(() => {}, 1))).rejects.toThrow();
    await expect(withoutAmbient(async () => crypto.randomUUID())).rejects.toThrow();
    expect(Date.now).toBe(now);
  });
});

describe("a simulated disk", () => {
  const VALUE = new Uint8Array(1);
  const change = (key: string) => [{ key, value: VALUE }];

  function diskOf() {
    const world = new World(1, []);
    const disk = new Disk(world, "node-1", { commitMeanMs: 10, failureProbability: 0 });
    return { world, disk };
  }

  test("has what was committed, in its order, once the commit has settled", async () => {
    const { world, disk } = diskOf();
    const done: string[] = [];
    for (const key of ["a", "b", "c"]) {
      void disk.commit(change(key)).then(() => {
        done.push(key);
        expect(disk.durable.has(key)).toBe(true);
      });
    }
    expect(disk.durable.size).toBe(0);
    await world.run(10_000);
    expect(done).toEqual(["a", "b", "c"]);
  });

  test("loses in a crash what had not settled, but for the first of it", async () => {
    const kept = new Set<string>();
    for (let seed = 1; seed <= 30; seed++) {
      const world = new World(seed, []);
      const disk = new Disk(world, "node-1", { commitMeanMs: 10, failureProbability: 0 });
      for (const key of ["a", "b", "c"]) void disk.commit(change(key));
      disk.crash();
      await world.run(10_000);
      kept.add([...disk.durable.keys()].join(""));
    }
    expect([...kept].sort()).toEqual(["", "a", "ab", "abc"]);
  });

  test("writes nothing after a commit that failed, until its process was started again", async () => {
    const kept = new Set<string>();
    for (let seed = 1; seed <= 30; seed++) {
      const world = new World(seed, []);
      const disk = new Disk(world, "node-1", { commitMeanMs: 10, failureProbability: 1 });
      const failed = expect(disk.commit(change("a"))).rejects.toThrow("the disk failed");
      disk.heal();
      const next = expect(disk.commit(change("b"))).rejects.toThrow("the disk failed");
      await world.run(10_000);
      await Promise.all([failed, next]);
      // Nobody knows whether the one that failed is there.
      kept.add([...disk.durable.keys()].join(""));
      disk.crash();
      const last = disk.commit(change("c"));
      await world.run(20_000);
      await last;
      expect(disk.durable.has("c")).toBe(true);
    }
    expect([...kept].sort()).toEqual(["", "a"]);
  });

  test("is rolled back to its last snapshot, and is empty where it was replaced", async () => {
    const { world, disk } = diskOf();
    void disk.commit(change("a"));
    await world.run(1000);
    disk.takeSnapshot();
    void disk.commit(change("b"));
    await world.run(2000);
    disk.rollBack();
    expect([...disk.durable.keys()]).toEqual(["a"]);
    disk.replace();
    expect(disk.durable.size).toBe(0);
  });
});
