import { describe, expect, test } from "vitest";
import { NO_FACTS } from "../../../../runtime/core/membership/facts.js";
import { hashLife } from "../../../../runtime/core/membership/life-hash.js";
import { MapRows, type RowFields, type Rows } from "../../../../runtime/core/membership/rows.js";
import { Random } from "../../../support/codec/random.js";
import { CompactRows } from "./compact-rows.js";
import { RowStore } from "./row-store.js";

const STORES: Readonly<Record<string, () => Rows>> = {
  MapRows: () => new MapRows(),
  CompactRows: () => new CompactRows(new RowStore()),
  "CompactRows beside others in one store": () => {
    const store = new RowStore();
    const other = new CompactRows(store);
    for (const node of ["c", "b", "z"]) other.set(fields(node, { incarnation: 1 }));
    return new CompactRows(store, 1000);
  },
};

function fields(node: string, change: Partial<RowFields> = {}): RowFields {
  const life = { epoch: 100, incarnation: 0 };
  return { node, role: "node", state: "alive", facts: NO_FACTS, accusers: [], ...life, ...change };
}

/** Any row of one of a few nodes; often one that there has been before. */
function someFields(random: Random): RowFields {
  const facts = {
    ...NO_FACTS,
    hash: random.pick(["", "0", "1"]),
    version: random.pick(["1", "2"]),
  };
  return fields(`node-${random.below(40)}`, {
    state: random.pick(["alive", "suspect", "dead", "left"]),
    role: random.pick(["node", "controller"]),
    epoch: 100 + random.below(2),
    incarnation: random.below(3),
    accusers: random.pick([[], ["x"], ["x", "y"], ["y", "x"]]),
    facts: random.oneIn(3) ? NO_FACTS : facts,
  });
}

function placesOf(rows: Rows): string[] {
  return Array.from({ length: rows.size }, (_, index) => rows.at(index).node);
}

describe.each(Object.entries(STORES))("%s", (_name, make) => {
  test("hold one row per node, the last that was put", () => {
    const rows = make();
    rows.set(fields("a"));
    const stored = rows.set(fields("a", { state: "suspect", accusers: ["b"] }));
    expect(rows.size).toBe(1);
    expect(rows.get("a")).toBe(stored);
    expect(stored).toMatchObject({ node: "a", state: "suspect", accusers: ["b"] });
    expect(rows.get("b")).toBeUndefined();
  });

  test("keep places but for the one that is deleted, which the last row takes", () => {
    const rows = make();
    for (const node of ["a", "b", "c", "d"]) rows.set(fields(node));
    rows.set(fields("b", { state: "dead" }));
    expect(placesOf(rows)).toEqual(["a", "b", "c", "d"]);
    rows.delete("b");
    expect(placesOf(rows)).toEqual(["a", "d", "c"]);
    rows.delete("c");
    rows.delete("nobody");
    expect([...rows].map(({ node }) => node)).toEqual(["a", "d"]);
    expect(() => rows.at(2)).toThrow(RangeError);
    expect(() => rows.at(-1)).toThrow(RangeError);
  });

  test("are what a plain map is, whatever is done to them", () => {
    const random = new Random(5);
    const rows = make();
    const model = new Map<string, RowFields>();
    for (let step = 0; step < 5000; step++) {
      const some = someFields(random);
      if (random.oneIn(4)) {
        rows.delete(some.node);
        model.delete(some.node);
      } else {
        model.set(some.node, some);
        expect(rows.set(some)).toEqual({ ...some, hash: hashLife(some.node, some) });
      }
      expect(rows.size).toBe(model.size);
      const { node } = someFields(random);
      const known = model.get(node);
      const expected = known === undefined ? undefined : { ...known, hash: hashLife(node, known) };
      expect(rows.get(node)).toEqual(expected);
    }
    const stored = [...rows].map(({ hash: _, ...rest }) => rest);
    expect(new Map(stored.map((row) => [row.node, row]))).toEqual(model);
    expect(placesOf(rows)).toEqual(stored.map(({ node }) => node));
  });
});

describe("compact rows", () => {
  test("share what is equal, and nothing else", () => {
    const store = new RowStore();
    const [one, other] = [new CompactRows(store), new CompactRows(store)];
    const facts = { ...NO_FACTS, version: "1" };
    const first = one.set(fields("a", { facts }));
    expect(other.set(fields("a", { facts: { ...facts } }))).toBe(first);
    expect(other.set(fields("a", { facts, state: "dead" }))).not.toBe(first);
    expect(one.get("a")).toBe(first);
    expect(one.get("a")?.state).toBe("alive");
    expect(store.rowCount).toBe(2);
  });

  test("keep no row that no table holds", () => {
    const store = new RowStore();
    const random = new Random(6);
    const tables = [0, 1, 2].map(() => new CompactRows(store));
    for (let step = 0; step < 3000; step++) random.pick(tables).set(someFields(random));
    const held = new Set(tables.flatMap((rows) => [...rows]));
    expect(store.rowCount).toBe(held.size);
    for (const rows of tables) rows.clear();
    expect(store.rowCount).toBe(0);
    expect(tables.map((rows) => [rows.size, rows.get("node-1")])).toEqual(
      tables.map(() => [0, undefined]),
    );
  });

  test("do not take the number of a row for the row that had it before", () => {
    const rows = new CompactRows(new RowStore());
    rows.set(fields("a"));
    rows.delete("a");
    rows.set(fields("b"));
    expect(rows.set(fields("a")).node).toBe("a");
    expect(placesOf(rows)).toEqual(["b", "a"]);
  });

  test("are copied for a node that has no row of itself, and are independent then", () => {
    const store = new RowStore();
    const rows = new CompactRows(store, 4);
    for (const node of ["a", "b", "c"]) rows.set(fields(node));
    const copy = rows.copyWithout("b");
    expect(placesOf(copy)).toEqual(["a", "c"]);
    copy.set(fields("a", { state: "dead" }));
    copy.set(fields("d"));
    rows.delete("c");
    expect(rows.get("a")?.state).toBe("alive");
    expect(placesOf(rows)).toEqual(["a", "b"]);
    expect(placesOf(copy)).toEqual(["a", "c", "d"]);
    rows.clear();
    copy.clear();
    expect(store.rowCount).toBe(0);
  });

  test("take six bytes each", () => {
    const store = new RowStore();
    const first = new CompactRows(store, 1000);
    for (let node = 0; node < 1000; node++) first.set(fields(`node-${node}`));
    const before = process.memoryUsage();
    const tables = Array.from({ length: 1000 }, (_, node) => first.copyWithout(`node-${node}`));
    const after = process.memoryUsage();
    expect(tables[5]?.get("node-5")).toBeUndefined();
    expect(tables[5]?.get("node-6")?.node).toBe("node-6");
    const size = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
    expect(size / 1e6).toBeLessThan(8);
  });
});
