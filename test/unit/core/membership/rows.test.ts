import { describe, expect, it } from "vitest";
import { NO_FACTS } from "../../../../runtime/core/membership/facts.js";
import { hashLife } from "../../../../runtime/core/membership/life-hash.js";
import { MapRows, type RowFields } from "../../../../runtime/core/membership/rows.js";

function fields(node: string, change: Partial<RowFields> = {}): RowFields {
  const life = { epoch: 100, incarnation: 0 };
  return { node, role: "node", state: "alive", facts: NO_FACTS, accusers: [], ...life, ...change };
}

describe("rows", () => {
  it("hold one row per node, the last that was put", () => {
    const rows = new MapRows();
    rows.set(fields("a"));
    const stored = rows.set(fields("a", { state: "suspect", accusers: ["b"] }));
    expect(rows.size).toBe(1);
    expect(rows.get("a")).toBe(stored);
    expect(stored).toMatchObject({ node: "a", state: "suspect", accusers: ["b"] });
    expect(rows.get("b")).toBeUndefined();
  });

  it("carry the hash of their life, also where a life follows another", () => {
    const rows = new MapRows();
    for (const incarnation of [0, 1, 1, 2]) {
      const row = rows.set(fields("a", { incarnation }));
      expect(row.hash).toEqual(hashLife("a", row));
    }
    expect(rows.set(fields("a", { epoch: 101 })).hash).toEqual(
      hashLife("a", { epoch: 101, incarnation: 0 }),
    );
  });

  it("can each be chosen by place, whatever was deleted before", () => {
    const rows = new MapRows();
    for (const node of ["a", "b", "c", "d"]) rows.set(fields(node));
    rows.delete("b");
    rows.delete("d");
    rows.delete("nobody");
    const chosen = Array.from({ length: rows.size }, (_, index) => rows.at(index).node);
    expect(chosen.sort()).toEqual(["a", "c"]);
    expect([...rows].map((row) => row.node).sort()).toEqual(["a", "c"]);
    expect(rows.get("c")?.node).toBe("c");
    expect(rows.get("d")).toBeUndefined();
    expect(() => rows.at(2)).toThrow(RangeError);
  });
});
