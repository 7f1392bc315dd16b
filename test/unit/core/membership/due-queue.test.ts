import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Due, DueQueue } from "../../../../runtime/core/membership/due-queue.js";

const itemDueAt = (dueAt: number): Due => ({ dueAt, queuedAt: 0, queueIndex: -1 });

/** What a test may do to one of the things in the queue. */
const edit = fc.record({
  kind: fc.constantFrom("add", "remove", "postpone", "hurry", "look"),
  which: fc.nat(200),
  byMs: fc.nat(1000),
});

describe("a queue by due time", () => {
  it("always has the earliest first, whatever was added, removed, postponed and hurried", () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 200 }), (edits) => {
        const queue = new DueQueue<Due>();
        const model: Due[] = [];
        for (const { kind, which, byMs } of edits) {
          const item = model[which % Math.max(1, model.length)];
          if (kind === "add" || item === undefined) {
            const added = itemDueAt(byMs);
            queue.add(added);
            model.push(added);
          } else if (kind === "remove") {
            queue.remove(item);
            model.splice(model.indexOf(item), 1);
          } else if (kind === "postpone") {
            item.dueAt += byMs;
          } else if (kind === "hurry") {
            item.dueAt -= byMs;
            queue.hurry(item);
          } else {
            expect(queue.nextAt).toBe(Math.min(...model.map(({ dueAt }) => dueAt)));
          }
          expect(queue.size).toBe(model.length);
        }
        const earliest = Math.min(...model.map(({ dueAt }) => dueAt));
        expect(queue.nextAt).toBe(earliest);
      }),
    );
  });

  it("does not mind removing what is not in it", () => {
    const queue = new DueQueue<Due>();
    const item = itemDueAt(5);
    queue.remove(item);
    queue.add(item);
    queue.remove(item);
    queue.remove(item);
    expect(queue.size).toBe(0);
    expect(queue.nextAt).toBe(Number.POSITIVE_INFINITY);
  });
});
