import { describe, expect, it } from "vitest";
import { SlotClock, Slots } from "../../../../runtime/core/membership/slots.js";

/** The slots that begin up to `now`. */
function due(clock: SlotClock, now: number): number[] {
  const slots: number[] = [];
  for (let slot = clock.takeDue(now); slot !== undefined; slot = clock.takeDue(now)) {
    slots.push(slot);
  }
  return slots;
}

describe("the clock of the slots", () => {
  it("begins each in turn, four in an interval, however late it is asked", () => {
    const clock = new SlotClock(1000);
    clock.start(5000, 0.5);
    expect(clock.dueAt).toBe(5125);
    expect(due(clock, 5124)).toEqual([]);
    expect(due(clock, 5130)).toEqual([0]);
    expect(clock.dueAt).toBe(5375);
    expect(due(clock, 5625)).toEqual([1, 2]);
    expect(due(clock, 6125)).toEqual([3, 0]);
    expect(clock.next).toBe(1);
  });

  it("after a long pause begins each once, not once for each interval", () => {
    const clock = new SlotClock(1000);
    clock.start(0, 0);
    expect(due(clock, 10_000)).toEqual([0, 1, 2, 3]);
    expect(clock.dueAt).toBe(10_250);
  });

  it("begins none before its start and after its stop", () => {
    const clock = new SlotClock(1000);
    expect(due(clock, 1000)).toEqual([]);
    clock.start(1000, 0);
    clock.stop();
    expect(clock.dueAt).toBe(Number.POSITIVE_INFINITY);
    expect(due(clock, 9000)).toEqual([]);
  });
});

describe("slots", () => {
  const sizes = (slots: Slots) => [0, 1, 2, 3].map((slot) => slots.in(slot).length);

  it("hold each peer once, as many in each as in the others", () => {
    const slots = new Slots();
    for (let index = 0; index < 10; index++) slots.add(`n${index % 9}`, 0);
    expect(slots.size).toBe(9);
    expect(sizes(slots)).toEqual([3, 2, 2, 2]);
    expect([...slots].length).toBe(9);
  });

  it("take a new peer where one went, else as soon as can be", () => {
    const slots = new Slots();
    slots.add("first", 2);
    expect(slots.in(2)).toEqual(["first"]);
    for (const node of ["a", "b", "c", "d"]) slots.add(node, 0);
    const gone = slots.in(3)[0]!;
    slots.delete(gone);
    slots.delete("nobody");
    expect(slots.has(gone)).toBe(false);
    slots.add("new", 0);
    expect(slots.in(3)).toEqual(["new"]);
  });
});
