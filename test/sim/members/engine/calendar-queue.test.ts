import { describe, expect, test } from "vitest";
import { Random } from "../../../support/codec/random.js";
import { CalendarQueue, type Target } from "./calendar-queue.js";
import { Engine } from "./engine.js";

const TARGET: Target = { node: 7, happen: () => {} };

function drain(queue: CalendarQueue, until: number): number[][] {
  const taken: number[][] = [];
  while (queue.take(until)) taken.push([queue.tick, queue.subject]);
  return taken;
}

describe("a calendar queue", () => {
  test("gives events in the order of time, and those of one tick in the order they were added", () => {
    const queue = new CalendarQueue();
    for (const [subject, tick] of [5, 3, 5, 1_000_000, 3, 131_072, 5].entries()) {
      queue.add(tick, TARGET, 1, subject, undefined);
    }
    expect(drain(queue, 2_000_000)).toEqual([
      [3, 1],
      [3, 4],
      [5, 0],
      [5, 2],
      [5, 6],
      [131_072, 5],
      [1_000_000, 3],
    ]);
  });

  test("does as a sorted list does, whatever is added while it is emptied", () => {
    const random = new Random(1);
    const queue = new CalendarQueue();
    const model: { tick: number; subject: number }[] = [];
    let subject = 0;
    const add = (from: number) => {
      const far = random.oneIn(4) ? 40_000_000 : 300;
      const tick = from + random.below(far);
      queue.add(tick, TARGET, 1, subject, undefined);
      model.push({ tick, subject });
      subject += 1;
    };
    for (let count = 0; count < 500; count++) add(0);
    const order: number[][] = [];
    for (let until = 0; model.length > order.length; until += random.below(3_000_000)) {
      while (queue.take(until)) {
        order.push([queue.tick, queue.subject]);
        if (subject < 5000) for (let count = random.below(3); count > 0; count--) add(queue.tick);
      }
    }
    const sorted = model.sort((a, b) => a.tick - b.tick || a.subject - b.subject);
    expect(order).toEqual(sorted.map((event) => [event.tick, event.subject]));
    expect(order.length).toBeGreaterThan(500);
    expect(queue.size).toBe(0);
  });

  test("keeps what is not due, and takes in what comes before it later on", () => {
    const queue = new CalendarQueue();
    queue.add(500, TARGET, 1, 1, undefined);
    queue.add(400_000, TARGET, 1, 2, undefined);
    expect(drain(queue, 100)).toEqual([]);
    queue.add(200, TARGET, 1, 3, undefined);
    expect(drain(queue, 200)).toEqual([[200, 3]]);
    expect(drain(queue, 300_000)).toEqual([[500, 1]]);
    queue.add(300_001, TARGET, 1, 4, undefined);
    expect(queue.size).toBe(2);
    expect(drain(queue, 400_000)).toEqual([
      [300_001, 4],
      [400_000, 2],
    ]);
  });

  test("does what is due in the past at once", () => {
    const queue = new CalendarQueue();
    expect(drain(queue, 50)).toEqual([]);
    queue.add(10, TARGET, 1, 1, undefined);
    expect(drain(queue, 50)).toEqual([[50, 1]]);
  });

  test("hands on all of an event, and lets go of it", () => {
    const queue = new CalendarQueue();
    const extra = { is: "this" };
    queue.add(1, TARGET, 9, 3, extra);
    queue.add(2, TARGET, 8, 4, undefined);
    expect(queue.take(10)).toBe(true);
    expect([queue.kind, queue.subject, queue.target]).toEqual([9, 3, TARGET]);
    expect(queue.extra).toBe(extra);
    queue.take(10);
    expect(queue.extra).toBeUndefined();
  });

  test("has room for more events than it began with", () => {
    const queue = new CalendarQueue();
    for (let subject = 0; subject < 5000; subject++) {
      queue.add(5000 - subject, TARGET, 1, subject, undefined);
    }
    expect(drain(queue, 5000).map(([, subject]) => subject)).toEqual(
      Array.from({ length: 5000 }, (_, index) => 4999 - index),
    );
  });
});

describe("an engine", () => {
  /** Something that goes on by itself, at random. */
  class Walk implements Target {
    readonly node = 1;
    readonly seen: number[] = [];
    readonly #engine: Engine;

    constructor(engine: Engine) {
      this.#engine = engine;
      engine.at(0, this, 1, 0);
    }

    happen(_kind: number, subject: number): void {
      const engine = this.#engine;
      this.seen.push(engine.now);
      engine.after(engine.dice.float() * 20, this, 1, subject + 1);
    }
  }

  function walk(seed: number) {
    const engine = new Engine(seed);
    const { seen } = new Walk(engine);
    engine.run(10_000);
    return { hash: engine.hash.digest(), seen, now: engine.now, count: engine.eventCount };
  }

  test("does the same for the same seed, and sums it up the same", () => {
    const once = walk(1);
    expect(walk(1)).toEqual(once);
    expect(once.now).toBe(10_000);
    expect(once.count).toBe(once.seen.length);
    expect(once.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(walk(2).hash).not.toBe(once.hash);
  });

  test("lets nothing happen before its time", () => {
    const engine = new Engine(1);
    const happened: number[] = [];
    const target: Target = { node: 0, happen: () => happened.push(engine.now) };
    engine.after(0.3, target, 1, 0);
    engine.run(0.25);
    expect(happened).toEqual([]);
    engine.run(1);
    expect(happened).toEqual([0.3125]);
  });

  test.each(["tick", "node", "kind", "subject"])("sums up the %s of an event", (what) => {
    const digest = (tick: number, node: number, kind: number, subject: number) => {
      const engine = new Engine(1);
      engine.at(tick, { node, happen: () => {} }, kind, subject);
      engine.run(10);
      return engine.hash.digest();
    };
    const more = (name: string) => (name === what ? 1 : 0);
    expect(
      digest(1 + more("tick"), 1 + more("node"), 1 + more("kind"), 1 + more("subject")),
    ).not.toBe(digest(1, 1, 1, 1));
  });
});
