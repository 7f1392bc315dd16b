import { describe, expect, it } from "vitest";
import type { StoreBatch } from "../../../../runtime/core/delivery/keeping/store.js";
import { RnpError } from "../../../../runtime/core/error.js";
import { GroupCommit } from "../../../../runtime/net/stores/group-commit.js";
import type { WriteSet } from "../../../../runtime/net/stores/write-set.js";
import { bytes, effect, entry } from "../../../support/store-contract.js";

/** A disk that settles each write when the test says so. */
function newCommits() {
  const writes: { readonly set: WriteSet; succeed(): void; fail(why: string): void }[] = [];
  const commits = new GroupCommit((set) => {
    return new Promise((succeed, reject) => {
      writes.push({ set, succeed, fail: (why) => reject(new Error(why)) });
    });
  });
  const begun = async (count: number) => {
    while (writes.length < count) await new Promise((resolve) => setImmediate(resolve));
    return writes[count - 1]!;
  };
  const outcomes: string[] = [];
  const add = (name: string, batch: StoreBatch = { effects: [effect(name, name)] }) => {
    commits.add(batch).then(
      () => outcomes.push(name),
      ({ code, outcome }: RnpError) => outcomes.push(`${name}: ${code} ${outcome}`),
    );
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { commits, writes, begun, outcomes, add, turn };
}

const keysOf = (set: WriteSet) => [...set.changes.keys()];

describe("a group commit", () => {
  it("writes what comes in one turn as one", async () => {
    const { add, begun, outcomes, turn } = newCommits();
    for (const name of ["a", "b", "c"]) add(name);
    const first = await begun(1);
    expect(keysOf(first.set)).toEqual(["a", "b", "c"]);
    expect(outcomes).toEqual([]);
    first.succeed();
    await turn();
    expect(outcomes).toEqual(["a", "b", "c"]);
  });

  it("writes what comes during a write as one, after it", async () => {
    const { add, begun, writes, outcomes, turn } = newCommits();
    add("a");
    const first = await begun(1);
    add("b");
    await turn();
    add("c");
    await turn();
    expect(writes).toHaveLength(1);
    first.succeed();
    const second = await begun(2);
    expect(outcomes).toEqual(["a"]);
    expect(keysOf(second.set)).toEqual(["b", "c"]);
    second.succeed();
    await turn();
    expect(outcomes).toEqual(["a", "b", "c"]);
  });

  it("begins another group where one is large", async () => {
    const { add, begun } = newCommits();
    const large = new Uint8Array(16 * 1024 * 1024);
    add("a", { outbox: [entry(1, { message: large })] });
    add("b");
    (await begun(1)).succeed();
    expect(keysOf((await begun(2)).set)).toEqual(["b"]);
  });

  it("writes a channel's state once for all commits of a group", async () => {
    const { add, begun } = newCommits();
    const channel = { peer: "node-2", channel: "control" };
    for (const state of ["1", "2", "3"]) {
      add(state, { receiving: [{ ...channel, state: bytes(state) }] });
      add(state, { sending: [{ ...channel, state: bytes(state) }] });
    }
    expect([...(await begun(1)).set.writes()]).toHaveLength(2);
  });

  it("fails with its disk, with all that wait and all that come later, and writes no more", async () => {
    const { commits, add, begun, writes, outcomes, turn } = newCommits();
    add("a");
    const first = await begun(1);
    add("b");
    first.fail("no space left");
    await turn();
    add("c");
    await turn();
    expect(outcomes).toEqual([
      "a: INTERNAL_ERROR unknown",
      "b: INTERNAL_ERROR not-delivered",
      "c: INTERNAL_ERROR not-delivered",
    ]);
    await expect(commits.settled()).rejects.toThrow("no space left");
    expect(writes).toHaveLength(1);
    expect(commits.pending).toEqual([]);
  });

  it("takes nothing of a batch with a name that is too long, and goes on", async () => {
    const { commits, add, begun, outcomes, turn } = newCommits();
    const names = { peer: "ü".repeat(128), channel: "control" };
    add("a");
    const batch = { effects: [effect("b", "1")], receiving: [{ ...names, state: bytes("1") }] };
    expect(() => commits.add(batch)).toThrow(RangeError);
    expect(() => commits.add({ effects: [effect("x".repeat(1025), "1")] })).toThrow(RangeError);
    const first = await begun(1);
    expect(keysOf(first.set)).toEqual(["a"]);
    first.succeed();
    await turn();
    expect(outcomes).toEqual(["a"]);
  });

  it("closes when what it was given is written", async () => {
    const { commits, add, begun, outcomes } = newCommits();
    add("a");
    const closed = commits.close(new RnpError("UNAVAILABLE", "closed"));
    await expect(commits.add({})).rejects.toThrow("closed");
    (await begun(1)).succeed();
    await closed;
    expect(outcomes).toEqual(["a"]);
  });
});
