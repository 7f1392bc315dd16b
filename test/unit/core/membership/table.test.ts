import { describe, expect, it } from "vitest";
import { completeFacts } from "../../../../runtime/core/membership/facts.js";
import { newsOf } from "../../../../runtime/core/membership/rows.js";
import { LIVING_COUNT_MAX } from "../../../../runtime/core/membership/table.js";
import { TableHash } from "../../../../runtime/core/membership/table-hash.js";
import { FORGET_AFTER_MS } from "../../../../runtime/core/membership/timing.js";
import { EPOCH, factsAt, member, tableOf, told } from "./table-builders.js";

const BURIED = { accusers: ["x", "y"] };

describe("the member table and what others tell", () => {
  it("takes over news that counts, and says what changed", () => {
    const { table, changes } = tableOf("me", member("a"));
    const before = table.rows.get("a");
    expect(table.hear(0, told("a", "suspect"), false)).toBe("accept");
    const after = table.rows.get("a");
    expect(after).toMatchObject({ state: "suspect", accusers: ["z"], facts: factsAt("a") });
    expect(changes).toEqual([{ node: "a", before, after }]);
  });

  it("ignores what it knows better, without a change", () => {
    const { table, changes } = tableOf("me", member("a", { incarnation: 2 }));
    for (const state of ["alive", "suspect", "dead", "left"] as const) {
      expect(table.hear(0, told("a", state, { incarnation: 1, ...BURIED }), false)).toBe("ignore");
    }
    expect(changes).toEqual([]);
  });

  it("holds back doubts about a life that was heard lately, and takes them when they come again", () => {
    const { table, changes } = tableOf("me", member("a"));
    expect(table.hear(0, told("a", "suspect"), true)).toBe("hold");
    expect(table.hear(0, told("a", "dead", BURIED), true)).toBe("hold");
    expect(changes).toEqual([]);
    expect(table.hear(900, told("a", "dead", BURIED), false)).toBe("accept");
    expect(table.rows.get("a")).toMatchObject({ state: "dead", accusers: ["x", "y"] });
  });

  it("does not hold back a leave or a later life, which come from the node itself", () => {
    const { table } = tableOf("me", member("a"), member("b"));
    expect(table.hear(0, told("a", "left"), true)).toBe("accept");
    expect(table.hear(0, told("b", "alive", { incarnation: 1 }), true)).toBe("accept");
  });

  it("takes a death on one node's word for a suspicion, and another's word confirms it", () => {
    const { table, changes } = tableOf("me", member("a"), member("b"));
    expect(table.hear(0, told("a", "dead"), false)).toBe("accept");
    expect(table.rows.get("a")?.state).toBe("suspect");
    expect(table.hear(0, told("a", "dead"), false)).toBe("ignore");
    expect(table.hear(0, told("a", "suspect", { accusers: ["y", "x"] }), false)).toBe("confirm");
    expect(table.rows.get("a")?.accusers).toEqual(["z", "y", "x"]);
    expect(changes).toHaveLength(1);
    expect(table.hear(0, told("a", "dead", BURIED), false)).toBe("accept");
  });

  it("buries on its own word alone only where nobody else is left", () => {
    const { table } = tableOf("me", member("a"));
    expect(table.voterCount("a")).toBe(1);
    table.hear(0, { ...told("a", "dead"), from: "me" }, false);
    expect(table.rows.get("a")?.state).toBe("dead");
  });

  it("never has a row of its own node", () => {
    const { table, changes } = tableOf("me");
    expect(table.hear(0, told("me", "dead", { ...BURIED, epoch: 999 }), false)).toBe("ignore");
    expect([table.rows.size, changes]).toEqual([0, []]);
  });

  it("keeps the facts of a member through later lives, until news names others", () => {
    const facts = factsAt("a");
    const { table } = tableOf("me", member("a", { facts }));
    table.hear(0, told("a", "alive", { epoch: 101 }), false);
    expect(table.rows.get("a")).toMatchObject({ epoch: 101, facts });
    table.hear(0, told("a", "alive", { epoch: 102, facts_hash: "f".repeat(16) }), false);
    expect(table.rows.get("a")?.facts).toMatchObject({ isComplete: false, address: "a:7946" });
  });

  it("fills in facts that were missing, but not those of another name", () => {
    const { table, changes } = tableOf("me");
    const facts = factsAt("a");
    const news = newsOf(member("a"));
    table.hear(0, { from: "z", news }, false);
    expect(table.rows.get("a")?.facts.isComplete).toBe(false);
    table.hear(0, { from: "z", news, facts: { ...facts, hash: "f".repeat(16) } }, false);
    expect(table.rows.get("a")?.facts.isComplete).toBe(false);
    expect(table.hear(0, { from: "z", news, facts }, false)).toBe("ignore");
    expect(table.rows.get("a")?.facts).toEqual(facts);
    expect(changes).toHaveLength(2);
  });

  it("counts the living, itself included, and hashes them alone", () => {
    const { table } = tableOf("me", member("a"), member("b"), member("c", { state: "dead" }));
    expect(table.livingCount).toBe(3);
    table.hear(0, told("a", "suspect"), false);
    expect(table.livingCount).toBe(3);
    table.hear(0, told("b", "left"), false);
    expect(table.livingCount).toBe(2);
    expect(table.hash.whole).toBe(tableOf("me", member("a")).table.hash.whole);
    expect(table.hash.whole).toBe(tableOf("a", member("me")).table.hash.whole);
  });

  it("stops counting itself when it leaves, and follows its own life", () => {
    const { table } = tableOf("me");
    table.setOwn(member("me", { incarnation: 1 }));
    const other = tableOf("a", member("me", { incarnation: 1 })).table;
    other.setOwn(member("a", { state: "left" }));
    expect(table.hash.whole).toBe(other.hash.whole);
    table.setOwn(member("me", { incarnation: 1, state: "left" }));
    expect([table.livingCount, table.hash.whole]).toEqual([0, new TableHash().whole]);
  });
});

describe("the member table and what it hears itself", () => {
  const from = { id: "a", role: "node", speaks: true } as const;
  const plain = { ...from, speaks: false };
  const life = { epoch: EPOCH, incarnation: 0 };

  it("learns of a member by its announcement, not by a heartbeat", () => {
    const { table } = tableOf("me");
    expect(table.hearDirectly(0, { from, life })).toBe("unknown");
    expect(table.rows.size).toBe(0);
    expect(table.hearDirectly(0, { from, life, facts: factsAt("a") })).toBe("alive");
    expect(table.rows.get("a")).toMatchObject({ ...life, state: "alive", facts: factsAt("a") });
  });

  it("says nothing of heartbeats and announcements that tell nothing new", () => {
    const { table, changes } = tableOf("me", member("a"));
    expect(table.hearDirectly(0, { from, life })).toBe("alive");
    expect(table.hearDirectly(0, { from, life, facts: factsAt("a") })).toBe("alive");
    expect(changes).toEqual([]);
  });

  it("takes new facts, a new role and a later life from the member itself", () => {
    const { table, changes } = tableOf("me", member("a"));
    const facts = completeFacts("node", { capabilities: [], metadata: {} });
    table.hearDirectly(0, { from, life, facts });
    table.hearDirectly(0, { from: { ...from, role: "controller" }, life });
    table.hearDirectly(0, { from, life: { epoch: 101, incarnation: 0 } });
    expect(changes.map(({ after }) => [after?.role, after?.epoch, after?.facts])).toEqual([
      ["node", 100, facts],
      ["controller", 100, facts],
      ["node", 101, facts],
    ]);
  });

  it("dismisses a suspicion of the life that it hears", () => {
    const { table } = tableOf("me", member("a", { state: "suspect", accusers: ["z"] }));
    expect(table.hearDirectly(0, { from, life })).toBe("alive");
    expect(table.rows.get("a")).toMatchObject({ state: "alive", accusers: [] });
  });

  it("dismisses a suspicion of the life that another found living, and no other", () => {
    const { table, changes } = tableOf("me", member("a", { state: "suspect", incarnation: 1 }));
    expect(table.dismiss(0, "a", { epoch: EPOCH, incarnation: 0 })).toBe(false);
    expect(table.dismiss(0, "b", life)).toBe(false);
    expect(changes).toEqual([]);
    expect(table.dismiss(0, "a", { epoch: EPOCH, incarnation: 1 })).toBe(true);
    expect(table.rows.get("a")).toMatchObject({ state: "alive", incarnation: 1, accusers: [] });
    table.hear(0, told("a", "dead", { incarnation: 1, ...BURIED }), false);
    expect(table.dismiss(0, "a", { epoch: EPOCH, incarnation: 1 })).toBe(false);
  });

  it.each(["dead", "left"] as const)("leaves a %s member that can refute to do so", (state) => {
    const { table } = tableOf("me", member("a", { state }));
    expect(table.hearDirectly(0, { from, life })).toBe("buried");
    expect(table.rows.get("a")?.state).toBe(state);
    expect(table.hearDirectly(0, { from, life: { epoch: EPOCH, incarnation: 1 } })).toBe("alive");
    expect(table.rows.get("a")?.state).toBe("alive");
  });

  it.each(["suspect", "dead", "left"] as const)(
    "takes a %s member back that cannot refute",
    (state) => {
      const { table } = tableOf("me", member("a", { state }));
      expect(table.hearDirectly(0, { from: plain, life: undefined })).toBe("alive");
      expect(table.rows.get("a")).toMatchObject({ state: "alive", epoch: EPOCH });
    },
  );

  it.each([
    { epoch: 99, incarnation: 9 },
    { epoch: 100, incarnation: 4 },
  ])("does not take the life %j for a later one", (outdated) => {
    const { table, changes } = tableOf("me", member("a", { incarnation: 5 }));
    expect(table.hearDirectly(0, { from, life: outdated, facts: factsAt("b") })).toBe("outdated");
    expect(changes).toEqual([]);
  });
});

describe("a full member table", () => {
  it("takes in nobody more, but goes on with those it has", () => {
    const { table } = tableOf("me", member("a"));
    for (let index = 2; index < LIVING_COUNT_MAX; index++) {
      table.hear(0, told(`n${index}`, "alive"), false);
    }
    const from = { id: "y", role: "node", speaks: true } as const;
    const life = { epoch: EPOCH, incarnation: 0 };
    expect(table.livingCount).toBe(LIVING_COUNT_MAX);
    expect(table.hear(0, told("x", "alive"), false)).toBe("ignore");
    expect(table.hearDirectly(0, { from, life, facts: factsAt("y") })).toBe("unknown");
    expect(table.rows.size).toBe(LIVING_COUNT_MAX - 1);
    expect(table.hear(0, told("a", "left"), false)).toBe("accept");
    expect(table.hear(0, told("x", "alive"), false)).toBe("accept");
  });
});

describe("the member table and those that are gone", () => {
  it("forgets them after a day, and does not learn of them again", () => {
    const { table, changes } = tableOf("me", member("a"), member("b"));
    expect(table.forgetAt).toBe(Number.POSITIVE_INFINITY);
    table.hear(1000, told("a", "left"), false);
    table.hear(2000, told("b", "dead", BURIED), false);
    expect(table.forgetAt).toBe(1000 + FORGET_AFTER_MS);
    const before = table.rows.get("a");
    table.forget(table.forgetAt - 1);
    expect(table.rows.size).toBe(2);
    table.forget(table.forgetAt);
    expect(changes.at(-1)).toEqual({ node: "a", before, after: undefined });
    expect([table.rows.size, table.forgetAt]).toEqual([1, 2000 + FORGET_AFTER_MS]);
    for (const state of ["suspect", "dead", "left"] as const) {
      table.hear(table.forgetAt, told("a", state, { epoch: 999, ...BURIED }), false);
    }
    expect(table.rows.get("a")).toBeUndefined();
  });

  it("counts the day from when they went last", () => {
    const { table } = tableOf("me", member("a"));
    table.hear(0, told("a", "dead", BURIED), false);
    table.hear(10, told("a", "alive", { incarnation: 1 }), false);
    expect(table.forgetAt).toBe(Number.POSITIVE_INFINITY);
    table.hear(20, told("a", "left", { incarnation: 1 }), false);
    expect(table.forgetAt).toBe(20 + FORGET_AFTER_MS);
  });

  it("counts a leave after a death as the later end, also for the order", () => {
    const { table } = tableOf("me", member("a"), member("b"));
    table.hear(0, told("a", "dead", BURIED), false);
    table.hear(5, told("b", "dead", BURIED), false);
    table.hear(10, told("a", "left"), false);
    expect(table.forgetAt).toBe(5 + FORGET_AFTER_MS);
    table.forget(5 + FORGET_AFTER_MS);
    expect([...table.rows].map(({ node }) => node)).toEqual(["a"]);
  });

  it("forgets the longest gone first where there are more than 1000 and two for each living", () => {
    const members = Array.from({ length: 1010 }, (_, index) => member(`n${index}`));
    const { table, changes } = tableOf("me", ...members);
    for (const { node } of members) table.hear(1, told(node, "left"), false);
    // With 6 living, the own node included, 1012 gone ones would be remembered; at the end it is 1002.
    expect(table.rows.size).toBe(1002);
    const forgotten = changes.filter(({ after }) => after === undefined).map(({ node }) => node);
    expect(forgotten).toEqual(["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"]);
  });
});
