import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashText, toHex } from "../../../../runtime/core/membership/fnv.js";
import { bucketOf, hashLife } from "../../../../runtime/core/membership/life-hash.js";
import { TableHash } from "../../../../runtime/core/membership/table-hash.js";

type Life = [node: string, epoch: number, incarnation: number];

function hashOf(lives: readonly Life[]): TableHash {
  const hash = new TableHash();
  for (const [node, epoch, incarnation] of lives)
    hash.add(hashLife(node, { epoch, incarnation }), true);
  return hash;
}

describe("the table hash", () => {
  // Computed by another program, written from the description alone.
  it("is that of the worked example", () => {
    const node1 = hashLife("node-1", { epoch: 1_705_075_100_000, incarnation: 0 });
    const node2 = hashLife("node-2", { epoch: 1_705_075_130_000, incarnation: 3 });
    expect([toHex(node1), node1.bucket]).toEqual(["7923e5f7c9288734", 39]);
    expect([toHex(node2), node2.bucket]).toEqual(["e4a7763dba73fa34", 28]);
    const hash = new TableHash();
    expect(hash.whole).toBe("e309afee01a9b4d7");
    hash.add(node1, true);
    hash.add(node2, true);
    const empty = new Array<string>(64).fill("0".repeat(16));
    expect(hash.buckets).toEqual(empty.with(28, "e4a7763dba73fa34").with(39, "7923e5f7c9288734"));
    expect(hash.whole).toBe("3fe2999ad9e79578");
  });

  it("is as FNV-1a says where nothing is scattered: the basis is the one of 64 bits", () => {
    // The finalizer of MurmurHash3, undone by hand from its two published multipliers.
    const unscatter = (bits: number) => {
      let hash = (bits ^ (bits >>> 16)) >>> 0;
      hash = Math.imul(hash, 0x7ed1b41d) >>> 0;
      hash = (hash ^ (hash >>> 13) ^ (hash >>> 26)) >>> 0;
      hash = Math.imul(hash, 0xa5cb9243) >>> 0;
      return (hash ^ (hash >>> 16)) >>> 0;
    };
    const { low, high } = hashText("");
    expect([unscatter(high), unscatter(low)]).toEqual([0xcbf29ce4, 0x84222325]);
    const a = unscatter(hashText("a").low);
    expect(a).toBe(Math.imul(0x84222325 ^ 0x61, 16_777_619) >>> 0);
  });

  it("does not depend on order, and forgets what is taken back", () => {
    const life = fc.tuple(
      fc.stringMatching(/^[a-z0-9-]{1,8}$/),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(life), fc.array(life), (kept, gone) => {
        const hash = hashOf([...gone, ...kept].reverse());
        for (const [node, epoch, incarnation] of gone) {
          hash.remove(hashLife(node, { epoch, incarnation }), true);
        }
        expect(hash.buckets).toEqual(hashOf(kept).buckets);
      }),
    );
  });

  it("names the bucket of a node whose life is another, and no more", () => {
    const hash = hashOf([
      ["a", 1, 0],
      ["b", 1, 0],
      ["c", 1, 0],
    ]);
    const other = hashOf([
      ["a", 1, 0],
      ["b", 1, 1],
      ["c", 1, 0],
    ]);
    expect(hash.differing(other.buckets)).toEqual([bucketOf("b")]);
    expect(hash.differing(hash.buckets)).toEqual([]);
    expect(hash.whole).not.toBe(other.whole);
  });

  it("tells two opposite changes in one bucket from none", () => {
    const nodes = Array.from({ length: 640 }, (_, index) => `node-${index}`);
    const mates = nodes.filter((node) => bucketOf(node) === bucketOf("node-0"));
    expect(mates.length).toBeGreaterThan(4);
    for (const mate of mates.slice(1)) {
      const one = hashOf([
        ["node-0", 1, 0],
        [mate, 1, 1],
      ]);
      const other = hashOf([
        ["node-0", 1, 1],
        [mate, 1, 0],
      ]);
      expect(one.whole).not.toBe(other.whole);
    }
  });

  it("tells a member whose facts are missing from one that is known", () => {
    const life = hashLife("a", { epoch: 1, incarnation: 0 });
    const hash = new TableHash();
    hash.add(life, false);
    expect(hash.whole).not.toBe(hashOf([["a", 1, 0]]).whole);
    hash.remove(life, false);
    expect(hash.whole).toBe(new TableHash().whole);
  });

  it("spreads nodes over all buckets", () => {
    const counts = new Array<number>(64).fill(0);
    for (let index = 0; index < 6400; index++) {
      const bucket = bucketOf(`node-${index}`);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(160);
  });
});
