import { describe, expect, it } from "vitest";
import { MemoryDisk } from "../../../support/memory-disk.js";
import { type Fate, MemoryStore } from "../../../support/memory-store.js";
import { effect, text } from "../../../support/store-contract.js";

/** A store whose disk does what the test says, when it says so. */
function newStore(...fates: Fate[]) {
  const disk = new MemoryDisk();
  const waiting: (() => void)[] = [];
  const schedule = (delayMs: number, run: () => void) => {
    if (delayMs === 0) run();
    else waiting.push(run);
  };
  const fate = () => fates.shift() ?? { delayMs: 0 };
  return { disk, waiting, store: new MemoryStore(disk, { fate, schedule }) };
}

const put = (value: string) => ({ effects: [effect("a", value)] });

describe("a store in memory", () => {
  it("is as slow as its disk", async () => {
    const { store, waiting } = newStore({ delayMs: 50 });
    const committed = store.commit(put("1"));
    expect(store.durable.get("a")).toBeUndefined();
    waiting.shift()!();
    await committed;
    expect(text(store.durable.get("a"))).toBe("1");
  });

  it("has after a crash what was durable, and of the rest what was written", async () => {
    const { disk, store } = newStore({ delayMs: 0 }, { delayMs: 50 });
    await store.commit(put("durable"));
    const outcomes: unknown[] = [];
    for (const value of ["written", "lost"]) {
      store.commit(put(value)).then(
        () => outcomes.push("settled"),
        (thrown) => outcomes.push(thrown),
      );
    }
    store.crash(1);
    const next = new MemoryStore(disk);
    expect(text(next.durable.get("a"))).toBe("written");
    expect(next.identity.generation).toBe(2);
    await store.close();
    await expect(store.commit(put("2"))).rejects.toThrow("gone");
    expect(disk.isInUse).toBe(true);
    expect(outcomes).toEqual([]);
  });

  it("fails with its disk, and for good", async () => {
    const { disk, store } = newStore({ delayMs: 0, failure: "bad block", writtenCount: 1 });
    await expect(store.commit(put("1"))).rejects.toMatchObject({ outcome: "unknown" });
    await expect(store.commit(put("2"))).rejects.toMatchObject({ outcome: "not-delivered" });
    await store.close();
    expect(text(new MemoryStore(disk).durable.get("a"))).toBe("1");
  });

  it("can be set back", async () => {
    const { disk, store } = newStore();
    await store.commit(put("1"));
    const before = disk.snapshot();
    await store.commit(put("2"));
    await store.close();
    disk.restore(before);
    const next = new MemoryStore(disk);
    expect(text(next.durable.get("a"))).toBe("1");
    expect(next.identity.generation).toBe(2);
  });
});
