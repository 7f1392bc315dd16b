import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import type { SyncMember, SyncRequestData } from "../../../../runtime/core/membership/contract.js";
import { NO_FACTS } from "../../../../runtime/core/membership/facts.js";
import { bucketOf } from "../../../../runtime/core/membership/life-hash.js";
import { isLiving } from "../../../../runtime/core/membership/news.js";
import { hashedRow, newsOf, type RowFields } from "../../../../runtime/core/membership/rows.js";
import { TableSync } from "../../../../runtime/core/membership/sync.js";
import { syncMember, syncMemberSizeMax } from "../../../../runtime/core/membership/sync-member.js";
import type { MemberTable } from "../../../../runtime/core/membership/table.js";
import { EPOCH, factsAt, member, tableOf, told } from "./table-builders.js";

const PACKER = new Packr({ useRecords: false });
const SPEAKS = { speaks: true };
const PLAIN = { speaks: false };

function syncOf(table: MemberTable): TableSync {
  return new TableSync({ table, since: () => 1_705_075_130_000 });
}

function side(own: string, ...members: RowFields[]) {
  const { table } = tableOf(own, ...members);
  return { own, table, sync: syncOf(table) };
}

type Side = ReturnType<typeof side>;

/** One side asks until all is said. Returns its questions. */
function pull(asker: Side, answerer: Side): SyncRequestData[] {
  const requests: SyncRequestData[] = [];
  let request: SyncRequestData | undefined = asker.sync.firstRequest();
  while (request !== undefined) {
    requests.push(request);
    const answer = answerer.sync.answer(SPEAKS, request);
    for (const news of asker.sync.newsIn(answerer.own, answer)) asker.table.hear(0, news, false);
    request = asker.sync.nextRequest(request, answer);
  }
  return requests;
}

/** Who lives, in which life, and whether all is known of them. */
function living({ table }: Side) {
  const rows = [...table.rows, table.own].filter(({ state }) => isLiving(state));
  const lives = rows.map(({ node, epoch, incarnation, facts }) => [
    node,
    epoch,
    incarnation,
    facts,
  ]);
  return new Map(lives.sort().map(([node, ...life]) => [node, life]));
}

describe("sync of two tables", () => {
  it("says in one question that they are equal", () => {
    const a = side("a", member("b"), member("c"));
    const b = side("b", member("a"), member("c"), member("d", { state: "dead" }));
    expect(pull(a, b)).toEqual([{ hash: b.table.hash.whole }]);
    const answer = b.sync.answer(SPEAKS, a.sync.firstRequest());
    expect(answer).toEqual({ members: [], services: [], full: false, hash: b.table.hash.whole });
  });

  it("fetches in the second question only what differs", () => {
    const others = Array.from({ length: 300 }, (_, index) => member(`n${index}`));
    const a = side("a", member("b"), ...others);
    const b = side("b", member("a"), ...others, member("new"), member("n7", { incarnation: 3 }));
    const [first, second, ...more] = pull(a, b);
    expect([first?.buckets, more]).toEqual([undefined, []]);
    expect(second?.buckets).toHaveLength(2);
    expect(Object.keys(second?.digest ?? {}).length).toBeLessThan(40);
    const { members } = b.sync.answer(SPEAKS, second ?? {});
    expect(members.map(({ node }) => node).sort()).toEqual(["n7", "new"]);
    expect(living(a)).toEqual(living(b));
  });

  it("asks for everything at once where nothing is known", () => {
    const a = side("a");
    const b = side("b", member("c"), member("d", { state: "left" }));
    const requests = pull(a, b);
    expect(requests).toHaveLength(1);
    expect([...living(a).keys()]).toEqual(["a", "b", "c"]);
    expect(a.table.rows.get("d")).toBeUndefined();
  });

  it("tells of a death and a leave only who believes the member living", () => {
    const gone = [member("dead", { state: "dead" }), member("left", { state: "left" })];
    const a = side("a", member("b"), member("dead"), member("left"));
    const b = side("b", member("a"), ...gone);
    pull(a, b);
    expect(a.table.rows.get("dead")).toMatchObject({ state: "dead", accusers: ["y", "z"] });
    expect(a.table.rows.get("left")?.state).toBe("left");
    const c = side("c", member("a"), member("b"));
    const { members } = b.sync.answer(SPEAKS, { buckets: [...Array(64).keys()], digest: {} });
    expect(members.map(({ node }) => node).sort()).toEqual(["a", "b"]);
    pull(c, b);
    expect([...living(c).keys()]).toEqual(["a", "b", "c"]);
    expect(c.table.rows.size).toBe(2);
  });

  it("makes a member known also where it is suspected, and suspected too", () => {
    const a = side("a", member("b"));
    const b = side("b", member("a"), member("c", { state: "suspect", accusers: ["x"] }));
    pull(a, b);
    expect(a.table.rows.get("c")).toMatchObject({ state: "suspect", accusers: ["x"] });
    expect(a.table.hash.whole).toBe(b.table.hash.whole);
  });

  it("takes a death on one node's word for a suspicion also here", () => {
    const a = side("a", member("b"), member("c"));
    const b = side("b", member("a"), member("c"));
    b.table.hear(0, told("a", "left"), false);
    b.table.hear(0, { from: "b", news: { ...told("c", "dead").news } }, false);
    expect(b.table.rows.get("c")?.state).toBe("dead");
    b.table.hear(0, told("a", "alive", { incarnation: 1 }), false);
    pull(a, b);
    expect(a.table.rows.get("c")).toMatchObject({ state: "suspect", accusers: ["b"] });
  });

  it("brings the own node what others believe of it, and the answerer's own row", () => {
    const a = side("a", member("c"));
    const b = side("b", member("a", { state: "dead" }), member("c"));
    const first = a.sync.firstRequest();
    const second = a.sync.nextRequest(first, b.sync.answer(SPEAKS, first)) ?? {};
    const news = a.sync.newsIn("b", b.sync.answer(SPEAKS, second)).map((one) => one.news);
    expect(news).toContainEqual(
      expect.objectContaining({ node: "a", state: "dead", epoch: EPOCH }),
    );
    expect(news).toContainEqual(expect.objectContaining({ node: "b", state: "alive" }));
  });

  it("fetches facts that did not come with the news of a member", () => {
    const a = side("a", member("b"));
    const b = side("b", member("a"), member("c"));
    a.table.hear(0, { from: "b", news: newsOf(member("c", { incarnation: 1 })) }, false);
    expect(a.table.rows.get("c")?.facts.isComplete).toBe(false);
    pull(a, b);
    expect(a.table.rows.get("c")).toMatchObject({ incarnation: 1, facts: factsAt("c") });
  });

  it("makes any two tables equal once each has asked twice", () => {
    fc.assert(
      fc.property(fc.array(EDIT, { maxLength: 60 }), (edits) => {
        const [a, b] = [side("a"), side("b")];
        for (const { at, row } of edits) edit(at === "a" ? a : b, row);
        expect(pull(a, b).length).toBeLessThanOrEqual(2);
        expect(pull(b, a).length).toBeLessThanOrEqual(2);
        expect(living(a)).toEqual(living(b));
        expect(a.table.hash.whole).toBe(b.table.hash.whole);
        expect(pull(a, b)).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  it("goes on where an answer was cut, until all is there", () => {
    const label = "€".repeat(256);
    const metadata = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`label-${i}`, label]),
    );
    const facts = { ...factsAt("x"), metadata };
    const others = Array.from({ length: 100 }, (_, index) => member(`n${index}`, { facts }));
    const [a, b] = [side("a"), side("b", ...others)];
    const requests = pull(a, b);
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.length).toBeLessThan(10);
    expect(a.table.rows.size).toBe(101);
  });

  it("never takes a member for smaller than it is", () => {
    const label = "€".repeat(256);
    const names = Array.from({ length: 64 }, (_, index) => `${index}`.padStart(63, "n"));
    const metadata = Object.fromEntries(names.map((name) => [name, label]));
    const address = `${"a".repeat(253)}:65535`;
    const largest = { address, version: "1".repeat(64), capabilities: names, metadata };
    const hash = "f".repeat(16);
    const accusers = ["x", "y", "z"].map((name) => name.repeat(63));
    const life = { epoch: 253_402_300_799_999, incarnation: Number.MAX_SAFE_INTEGER };
    for (const facts of [{ ...largest, hash, isComplete: true }, NO_FACTS]) {
      const fields = member("n".repeat(63), { role: "controller", state: "suspect", ...life });
      const row = hashedRow({ ...fields, facts, accusers }, undefined);
      const { length } = PACKER.pack(syncMember(row, true, 253_402_300_799_999));
      expect(syncMemberSizeMax(row)).toBeGreaterThanOrEqual(length);
      expect(syncMemberSizeMax(row)).toBeLessThan(length + 300);
    }
  });

  it("ends also where an answerer never does", () => {
    const a = side("a", member("b"));
    let request: SyncRequestData | undefined = { buckets: [...Array(64).keys()], digest: {} };
    const x = { node: "x", role: "node", state: "dead", since: 0 } as const;
    const bucket_hashes = new Array<string>(64).fill("f".repeat(16));
    const answer = { members: [x], services: [], full: false, bucket_hashes };
    const asked: number[] = [];
    for (; request !== undefined; request = a.sync.nextRequest(request, answer)) {
      asked.push(request.buckets?.[0] ?? -1);
    }
    // It skips to the bucket of the member that came, and from there to the end, one by one.
    const first = bucketOf("x");
    expect(asked).toEqual([0, ...Array.from({ length: 64 - first }, (_, index) => first + index)]);
    const nobody = { ...answer, members: [] };
    expect(a.sync.nextRequest({ buckets: [1] }, nobody)).toBeUndefined();
  });

  it("does not ask on in buckets that have become equal", () => {
    const a = side("a", member("b"), member("c"));
    const b = side("b", member("a"), member("c"));
    const x = { node: "x", role: "node", state: "dead", since: 0 } as const;
    const answer = { members: [x], services: [], full: false, bucket_hashes: b.table.hash.buckets };
    const request = { buckets: [...Array(64).keys()], digest: {} };
    expect(a.sync.nextRequest(request, answer)).toBeUndefined();
  });
});

describe("sync with a peer that knows only the specification", () => {
  it("answers all at once, gone members too, with nothing of lives", () => {
    const b = side("b", member("a"), member("c", { state: "dead" }));
    const answer = b.sync.answer(PLAIN, {});
    expect(answer.full).toBe(true);
    expect(answer.members.map(({ node, state }) => `${node} ${state}`).sort()).toEqual([
      "a alive",
      "b alive",
      "c dead",
    ]);
    for (const one of answer.members) {
      for (const field of ["epoch", "incarnation", "facts_hash", "accusers"]) {
        expect(one).not.toHaveProperty(field);
      }
    }
  });

  it("leaves out what its digest shows as known", () => {
    const b = side("b", member("a"), member("c"));
    const digest = { a: { epoch: EPOCH }, c: { incarnation: 5 }, b: { epoch: EPOCH + 1 } };
    const answer = b.sync.answer(PLAIN, { digest });
    expect([answer.members.map(({ node }) => node), answer.full]).toEqual([["c"], false]);
  });

  it("learns of members from it, but no doubts about those it knows", () => {
    const a = side("a", member("c"));
    const known = { role: "node" as const, since: 0, capabilities: ["mesh"] };
    const members: SyncMember[] = [
      { ...known, node: "c", state: "dead" },
      { ...known, node: "d", state: "alive", address: "d:1" },
      { ...known, node: "e", state: "dead" },
      { ...known, node: "f", state: "draining" },
    ];
    const answer = { members, services: [], full: true };
    for (const news of a.sync.newsIn("b", answer)) a.table.hear(0, news, false);
    expect(a.sync.nextRequest(a.sync.firstRequest(), answer)).toBeUndefined();
    expect([...a.table.rows].map(({ node, state }) => `${node} ${state}`)).toEqual([
      "c alive",
      "d alive",
    ]);
    expect(a.table.rows.get("d")).toMatchObject({
      epoch: 0,
      facts: { address: "d:1", isComplete: true },
    });
  });
});

interface Edit {
  readonly at: "a" | "b";
  readonly row: RowFields;
}

const EDIT: fc.Arbitrary<Edit> = fc
  .record({
    at: fc.constantFrom("a" as const, "b" as const),
    node: fc.integer({ min: 0, max: 12 }).map((index) => `n${index}`),
    state: fc.constantFrom("alive", "alive", "suspect", "dead", "left"),
    epoch: fc.integer({ min: 100, max: 101 }),
    incarnation: fc.integer({ min: 0, max: 2 }),
    isComplete: fc.boolean(),
  })
  .map(({ at, node, state, epoch, incarnation, isComplete }) => {
    const facts = isComplete ? factsAt(node) : { ...NO_FACTS, hash: factsAt(node).hash };
    const row = member(node, { state: state as RowFields["state"], epoch, incarnation, facts });
    return { at, row };
  });

function edit({ table }: Side, row: RowFields): void {
  const accusers = row.state === "dead" ? ["y", "z"] : [];
  const news = { ...newsOf({ ...row, accusers }), address: factsAt(row.node).address ?? "" };
  const facts = row.facts.isComplete ? row.facts : undefined;
  table.hear(0, { from: "z", news: { ...news, version: "1.0.0" }, facts }, false);
}
