import { describe, expect, it } from "vitest";
import { ApplicationStore } from "../../../runtime/node/application-store.js";
import { runTransaction, type Transaction } from "../../../runtime/node/transaction.js";
import { Transactions } from "../../../runtime/node/transactions.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { MemoryStore } from "../../support/memory-store.js";

function newStore() {
  const disk = new MemoryDisk();
  const store = new MemoryStore(disk);
  return { disk, store, keys: new ApplicationStore(new Transactions(store, noSends)) };
}

function noSends(): never {
  throw new Error("nothing is sent here");
}

function countUp(transaction: Transaction): number {
  const count = Number(transaction.get("count") ?? 0) + 1;
  transaction.put("count", count);
  return count;
}

describe("a transaction", () => {
  it("keeps JSON and bytes as they were put", async () => {
    const { keys } = newStore();
    const values = [null, 0, "text ✓", [1, [2]], { a: { b: "c" } }, new Uint8Array([1, 0, 255])];
    await keys.transaction((tx) => {
      for (const [index, value] of values.entries()) tx.put(`key/${index}`, value);
    });
    expect(values.map((_, index) => keys.get(`key/${index}`))).toEqual(values);
    expect(keys.range({ prefix: "key/", after: "key/3" }).map(([, value]) => value)).toEqual(
      values.slice(4),
    );
  });

  it("sees its own changes, and nobody else does before its end", async () => {
    const { store, keys } = newStore();
    await keys.transaction((tx) => tx.put("a", 1));
    runTransaction(store.latest, (tx) => {
      tx.put("b", 2);
      tx.delete("a");
      expect(tx.get("a")).toBeUndefined();
      expect(tx.get("b")).toBe(2);
      expect(tx.range()).toEqual([["b", 2]]);
      expect(keys.range()).toEqual([["a", 1]]);
      expect(runTransaction(store.latest, (other) => other.get("a")).result).toBe(1);
    });
  });

  it("has no effect where its function throws", async () => {
    const { keys } = newStore();
    const failed = keys.transaction((tx) => {
      tx.put("a", 1);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(keys.get("a")).toBeUndefined();
  });

  it("sees what those before it did, durable or not, so that none is lost", async () => {
    const { keys } = newStore();
    const counts = await Promise.all([1, 2, 3].map(() => keys.transaction(countUp)));
    expect(counts).toEqual([1, 2, 3]);
    expect(keys.get("count")).toBe(3);
  });

  it("that only reads settles when what it has read is durable", async () => {
    const { store, keys } = newStore();
    const settled: string[] = [];
    const written = keys.transaction(countUp).then(() => settled.push("written"));
    const read = keys.transaction((tx) => tx.get("count")).then(() => settled.push("read"));
    expect(store.pendingCount).toBeGreaterThan(0);
    await Promise.all([written, read]);
    expect(settled).toEqual(["written", "read"]);
  });

  it("is refused to an async function, without an effect", async () => {
    const { keys } = newStore();
    const late = keys.transaction(async (tx) => {
      await Promise.resolve();
      tx.put("a", 1);
    });
    await expect(late).rejects.toThrow("must not be async");
    // What the function throws when it goes on is nobody's to handle.
    await new Promise((resolve) => setTimeout(resolve));
    expect(keys.get("a")).toBeUndefined();
  });

  it("cannot be used after its end", () => {
    const { store } = newStore();
    const { result } = runTransaction(store.latest, (tx) => tx);
    expect(() => result.get("a")).toThrow("has ended");
    expect(() => result.put("a", 1)).toThrow("has ended");
    expect(() => result.delete("a")).toThrow("has ended");
    expect(() => result.range()).toThrow("has ended");
  });

  it("gives copies: changing what was put or read changes nothing", async () => {
    const { keys } = newStore();
    const bytes = new Uint8Array([1, 2, 3]);
    const list = [1];
    await keys.transaction((tx) => {
      tx.put("bytes", bytes);
      tx.put("list", list);
      bytes[0] = 9;
      list.push(2);
      (tx.get("bytes") as Uint8Array)[1] = 9;
    });
    (keys.get("bytes") as Uint8Array)[2] = 9;
    expect(keys.get("bytes")).toEqual(new Uint8Array([1, 2, 3]));
    expect(keys.get("list")).toEqual([1]);
  });

  it.each(["", "x".repeat(1025), "ü".repeat(513), "half a pair \ud800"])(
    "refuses the key %j",
    (key) => {
      const { store } = newStore();
      expect(() => runTransaction(store.latest, (tx) => tx.put(key, 1))).toThrow(TypeError);
      expect(() => runTransaction(store.latest, (tx) => tx.get(key))).toThrow(TypeError);
    },
  );

  it("refuses what is no value", () => {
    const { store } = newStore();
    const put = () => runTransaction(store.latest, (tx) => tx.put("a", undefined as never));
    expect(put).toThrow("must be JSON");
  });

  it("writes no more than 8 MiB", () => {
    const { store } = newStore();
    const size = 3 * 1024 * 1024;
    const put = (tx: Transaction) => {
      for (const key of ["a", "b", "c"]) tx.put(key, new Uint8Array(size));
    };
    expect(() => runTransaction(store.latest, put)).toThrow(
      expect.objectContaining({ code: "QUOTA_EXCEEDED" }),
    );
  });
});
