import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChangeQueue, changeKind } from "../../../../runtime/core/membership/coalesce.js";
import { completeFacts, NO_FACTS } from "../../../../runtime/core/membership/facts.js";
import { isLiving, type MemberState, type News } from "../../../../runtime/core/membership/news.js";
import {
  hashedRow,
  MapRows,
  type Row,
  type RowFields,
} from "../../../../runtime/core/membership/rows.js";
import { MemberTable } from "../../../../runtime/core/membership/table.js";
import { factsAt, member, told } from "./table-builders.js";

function row(state: MemberState, change: Partial<RowFields> = {}): Row {
  return hashedRow(member("a", { ...change, state }), undefined);
}

/** A table that others tell of, and one listener. */
function listening() {
  const queue = new ChangeQueue();
  let now = 0;
  const changed = (change: Parameters<ChangeQueue["push"]>[1]) => queue.push(now, change);
  const table = new MemberTable({ own: member("me"), rows: new MapRows(), changed });
  const hear = (at: number, node: string, state: MemberState, change: Partial<News> = {}) => {
    now = at;
    table.hear(at, told(node, state, { accusers: ["x", "y"], ...change }), false);
  };
  const forget = (at: number) => {
    now = at;
    table.forget(at);
  };
  const shown = (at: number) => {
    const kinds: string[] = [];
    for (let next = queue.take(at); next !== undefined; next = queue.take(at)) {
      kinds.push(`${next.node} ${next.kind}`);
    }
    return kinds;
  };
  return { queue, table, hear, forget, shown };
}

describe("what happened to a member", () => {
  const other = completeFacts("node", { capabilities: [], metadata: {} });
  it.each([
    [undefined, row("alive"), "joined"],
    [undefined, row("suspect"), "joined"],
    [undefined, row("dead"), undefined],
    [row("alive"), row("suspect"), "suspected"],
    [row("suspect"), row("alive", { incarnation: 1 }), "recovered"],
    [row("suspect"), row("dead"), "died"],
    [row("alive"), row("left"), "left"],
    [row("dead"), row("left"), "left"],
    [row("dead"), row("dead", { epoch: 101 }), undefined],
    [row("alive"), row("alive", { epoch: 101 }), "restarted"],
    [row("suspect"), row("alive", { epoch: 101 }), "restarted"],
    [row("alive", { epoch: 0, facts: NO_FACTS }), row("alive"), "updated"],
    [row("dead"), row("alive", { epoch: 101 }), "returned"],
    [row("left"), row("suspect", { epoch: 101 }), "returned"],
    [row("alive"), row("alive", { facts: other }), "updated"],
    [row("alive"), row("alive", { role: "controller" }), "updated"],
    [row("alive"), row("alive", { incarnation: 1, facts: factsAt("a") }), undefined],
  ])("from %o to %o: %s", (before, after, kind) => {
    expect(changeKind(before, after)).toBe(kind);
  });
});

describe("changes for people", () => {
  it("come once each, in order", () => {
    const { hear, shown } = listening();
    hear(0, "a", "alive");
    hear(0, "b", "alive");
    expect(shown(0)).toEqual(["a joined", "b joined"]);
    hear(1, "b", "left");
    hear(2, "a", "dead");
    expect(shown(2)).toEqual(["b left", "a died"]);
    expect(shown(99_999)).toEqual([]);
  });

  it("do not show a suspicion that is refuted soon", () => {
    const { queue, hear, shown } = listening();
    hear(0, "a", "alive");
    shown(0);
    hear(1000, "a", "suspect");
    expect(queue.wakeAt).toBe(1250);
    expect(shown(1249)).toEqual([]);
    hear(1249, "a", "alive", { incarnation: 1 });
    expect([shown(9000), queue.wakeAt]).toEqual([[], Number.POSITIVE_INFINITY]);
  });

  it("show a suspicion that lasts, and its end", () => {
    const { hear, shown } = listening();
    hear(0, "a", "alive");
    shown(0);
    hear(1000, "a", "suspect");
    expect(shown(1250)).toEqual(["a suspected"]);
    hear(1300, "a", "alive", { incarnation: 1 });
    expect(shown(1300)).toEqual(["a recovered"]);
  });

  it("wait no longer for a suspicion that goes on under another life", () => {
    const { queue, hear, shown } = listening();
    hear(0, "a", "alive");
    shown(0);
    hear(1000, "a", "suspect");
    hear(1200, "a", "suspect", { incarnation: 1 });
    expect([queue.wakeAt, queue.size]).toEqual([1250, 1]);
    expect(shown(1250)).toEqual(["a suspected"]);
  });

  it("show one change where a suspicion follows another that was not looked at", () => {
    const { queue, hear, shown } = listening();
    hear(0, "a", "alive");
    shown(0);
    hear(1, "a", "alive", { incarnation: 1, address: "a:1" });
    hear(2, "a", "suspect", { incarnation: 1 });
    expect(queue.size).toBe(1);
    expect(shown(9000)).toEqual(["a suspected"]);
  });

  it("keep nothing of members that came, went and were forgotten unseen", () => {
    const { queue, hear, forget, shown } = listening();
    hear(0, "a", "alive");
    hear(1, "a", "left");
    forget(86_400_001);
    expect([queue.size, shown(86_400_001)]).toEqual([0, []]);
  });

  it("show a death at once, whatever the suspicion before it", () => {
    const { queue, hear, shown } = listening();
    hear(0, "a", "alive");
    shown(0);
    hear(1000, "a", "suspect");
    hear(1001, "a", "dead");
    expect(queue.wakeAt).toBe(Number.NEGATIVE_INFINITY);
    expect(shown(1001)).toEqual(["a died"]);
  });

  it("are one way from what was seen to what is true, for a slow listener", () => {
    const { queue, hear, shown } = listening();
    hear(0, "a", "alive");
    shown(0);
    for (let incarnation = 1; incarnation < 50; incarnation++) {
      hear(incarnation * 1000, "a", "dead", { incarnation });
      hear(incarnation * 1000 + 500, "a", "alive", { incarnation: incarnation + 1 });
      expect(queue.size).toBeLessThanOrEqual(1);
    }
    expect(shown(99_000)).toEqual([]);
    hear(99_000, "a", "alive", { epoch: 200 });
    expect(shown(99_000)).toEqual(["a restarted"]);
  });

  it("do not show who came and went unseen, but who comes again", () => {
    const { queue, hear, shown } = listening();
    hear(0, "a", "alive");
    hear(1, "a", "dead");
    expect([shown(1), queue.size]).toEqual([[], 1]);
    hear(2, "a", "alive", { incarnation: 1 });
    expect(shown(2)).toEqual(["a joined"]);
    hear(3, "a", "dead", { incarnation: 1 });
    hear(3, "b", "alive");
    expect(shown(3)).toEqual(["a died", "b joined"]);
    hear(4, "a", "alive", { incarnation: 2 });
    expect(shown(4)).toEqual(["a returned"]);
  });

  it("show the end of a member although it is forgotten before anybody looks", () => {
    const { hear, forget, shown } = listening();
    hear(0, "a", "alive");
    shown(0);
    hear(1, "a", "left");
    forget(86_400_001);
    expect(shown(86_400_001)).toEqual(["a left"]);
  });

  it("wait for no more members than are there or were seen, whatever happens", () => {
    const step = fc.record({
      node: fc.integer({ min: 0, max: 5 }).map((index) => `n${index}`),
      state: fc.constantFrom<MemberState>("alive", "suspect", "dead", "left"),
      incarnation: fc.integer({ min: 0, max: 30 }),
      afterMs: fc.constantFrom(0, 100, 300, 43_200_000),
      looks: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { queue, table, hear, forget } = listening();
        /** What a listener would believe that knows only what it was shown. */
        const believed = new Map<string, Row>();
        let now = 0;
        const look = () => {
          for (let next = queue.take(now); next !== undefined; next = queue.take(now)) {
            const state = believed.get(next.node)?.state;
            // Whose end was shown long ago is forgotten, and begins anew.
            if (next.before !== undefined) expect(next.before.state).toBe(state);
            else expect(isLiving(state ?? "dead")).toBe(false);
            believed.set(next.node, next.after);
          }
        };
        for (const { node, state, incarnation, afterMs, looks } of steps) {
          now += afterMs;
          forget(now);
          hear(now, node, state, { incarnation });
          expect(queue.size).toBeLessThanOrEqual(6);
          if (looks) look();
        }
        now += 250;
        look();
        for (const { node, state } of table.rows) {
          if (isLiving(state)) expect(believed.get(node)?.state).toBe(state);
          else expect(isLiving(believed.get(node)?.state ?? "dead")).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });
});
