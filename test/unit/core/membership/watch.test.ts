import { describe, expect, it } from "vitest";
import type { News } from "../../../../runtime/core/membership/news.js";
import { TIMINGS } from "../../../../runtime/core/membership/timing.js";
import { Watch, type WatchEvent } from "../../../../runtime/core/membership/watch.js";

const LIFE = { epoch: 1, incarnation: 0 };
const NEXT_LIFE = { epoch: 1, incarnation: 1 };
const DEATH: News = { node: "node-2", state: "dead", ...LIFE };

describe("watching peers", () => {
  const watching = (timing: keyof typeof TIMINGS = "lan", promiseMs?: number) => {
    const watch = new Watch(TIMINGS[timing]);
    watch.watch(0, "node-2", LIFE, promiseMs);
    return watch;
  };
  const allDue = (watch: Watch, at: number): WatchEvent[] => {
    const events: WatchEvent[] = [];
    for (let event = watch.takeDue(at); event !== undefined; event = watch.takeDue(at)) {
      events.push(event);
    }
    return events;
  };

  it("says once that a peer is late, and again only after it was heard", () => {
    const watch = watching("specification");
    expect(watch.nextAt).toBe(30_000);
    expect(allDue(watch, 29_999)).toEqual([]);
    expect(allDue(watch, 30_000)).toEqual([{ kind: "late", node: "node-2" }]);
    expect(watch.nextAt).toBe(Number.POSITIVE_INFINITY);
    watch.heard(40_000, "node-2", LIFE);
    expect(watch.nextAt).toBe(70_000);
  });

  it("hands out the news that was held back when the peer is watched no more", () => {
    const watch = watching();
    watch.hold(DEATH);
    expect(watch.unwatch("node-2")).toBe(DEATH);
    expect(watch.unwatch("node-2")).toBeUndefined();
    expect(watching().unwatch("node-2")).toBeUndefined();
  });

  it("begins anew when others vouch for the peer, though it did not hear it itself", () => {
    const watch = watching("lan", 1000);
    allDue(watch, 2600);
    watch.vouched(3000, "node-2", LIFE);
    expect(watch.nextAt).toBe(5600);
    expect(watch.isHeardLately(3000, "node-2", LIFE)).toBe(false);
  });

  it("is as patient as the peer's promise asks for, and never less than by its own timeline", () => {
    expect(watching("lan").nextAt).toBe(26_000);
    expect(watching("specification", 1000).nextAt).toBe(30_000);
    const watch = watching("lan", 1000);
    expect(watch.patienceWith("node-2")).toBe(1);
    watch.heard(0, "node-2", LIFE, 4000);
    expect(watch.patienceWith("node-2")).toBe(4);
    expect(watch.nextAt).toBe(10_400);
    watch.heard(100, "node-2", LIFE, 1000);
    expect(watch.nextAt).toBe(2700);
  });

  it("expects nothing of who promised no more", () => {
    const watch = watching();
    watch.heard(0, "node-2", LIFE, 0);
    expect(watch.nextAt).toBe(Number.POSITIVE_INFINITY);
  });

  it("does not take an earlier life for a sign of life", () => {
    const watch = watching("lan", 1000);
    watch.heard(100, "node-2", NEXT_LIFE);
    watch.heard(2000, "node-2", LIFE);
    expect(watch.nextAt).toBe(2700);
    expect(watch.lifeOf("node-2")).toBe(NEXT_LIFE);
  });

  it("has heard a life lately until the next heartbeat is late by half an interval", () => {
    const watch = watching("lan", 1000);
    expect(watch.isHeardLately(1499, "node-2", LIFE)).toBe(true);
    expect(watch.isHeardLately(1500, "node-2", LIFE)).toBe(false);
    expect(watch.isHeardLately(1, "node-2", NEXT_LIFE)).toBe(false);
    expect(watch.isHeardLately(1, "node-3", LIFE)).toBe(false);
  });

  it("holds news back until the peer could have been heard again", () => {
    const watch = watching("lan", 1000);
    watch.hold(DEATH);
    expect(allDue(watch, 1499)).toEqual([]);
    expect(allDue(watch, 1500)).toEqual([{ kind: "unheld", news: DEATH }]);
    expect(watch.nextAt).toBe(2600);
  });

  it("forgets the news it holds at a sign of life, but not if it is about a newer life", () => {
    const watch = watching("lan", 1000);
    watch.hold(DEATH);
    watch.heard(500, "node-2", LIFE);
    expect(allDue(watch, 1999)).toEqual([]);
    const newer = { ...DEATH, ...NEXT_LIFE };
    watch.hold(newer);
    watch.hold(DEATH);
    watch.heard(1500, "node-2", LIFE);
    expect(allDue(watch, 3000)).toEqual([{ kind: "unheld", news: newer }]);
  });

  it("keeps nothing of 10,000 peers that came and went", () => {
    const watch = new Watch(TIMINGS.lan);
    for (let index = 0; index < 10_000; index += 1) {
      watch.watch(index, `node-${index}`, LIFE);
      watch.heard(index, `node-${index}`, LIFE);
      watch.hold({ ...DEATH, node: `node-${index}` });
      watch.unwatch(`node-${index}`);
    }
    expect(watch.size).toBe(0);
    expect(watch.nextAt).toBe(Number.POSITIVE_INFINITY);
  });
});
