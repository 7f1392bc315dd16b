import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Attention } from "../../../../runtime/core/membership/attention.js";

describe("attended time", () => {
  it("is real time while wake-ups come when they were asked for", () => {
    const attention = new Attention();
    for (const now of [1000, 1500, 1501, 2001]) {
      expect(attention.attend(now, now)).toBe(0);
      expect(attention.now).toBe(now);
      expect(attention.isSteady).toBe(true);
    }
    expect(attention.realTimeOf(2500)).toBe(2500);
  });

  it("goes on by no more than 20 ms beyond what was asked for", () => {
    const attention = new Attention();
    attention.attend(1000, Number.POSITIVE_INFINITY);
    expect(attention.attend(11_000, 1500)).toBe(9480);
    expect(attention.now).toBe(1520);
    expect(attention.realTimeOf(1600)).toBeCloseTo(11_080, 2);
  });

  it("stands still until a new wake-up is asked for", () => {
    const attention = new Attention();
    attention.attend(1000, 1500);
    attention.attend(11_000, 1500);
    attention.attend(11_050, 1500);
    expect(attention.now).toBe(1520);
    expect(attention.attend(11_070, 11_070)).toBe(0);
    expect(attention.now).toBe(1540);
  });

  it("is not steady until 20 ms after a stall", () => {
    const attention = new Attention();
    attention.attend(0, 0);
    attention.attend(5000, 100);
    expect(attention.isSteady).toBe(false);
    expect(attention.steadyFromAt).toBe(140);
    attention.attend(5019, 5020);
    expect(attention.isSteady).toBe(false);
    attention.attend(5021, 5020);
    expect(attention.isSteady).toBe(true);
  });

  it("comes to judge on a machine where each wake-up is 50 ms late, and not where it is 200 ms late", () => {
    const steadyCount = (lateMs: number) => {
      const attention = new Attention();
      attention.attend(0, 0);
      let count = 0;
      for (let now = 0, asked = 20; asked < 10_000; asked = now + 20) {
        now = asked + lateMs;
        attention.attend(now, asked);
        if (attention.isSteady) count += 1;
      }
      return count;
    };
    expect(steadyCount(50)).toBeGreaterThan(50);
    expect(steadyCount(200)).toBe(0);
  });

  it("is real time where it is switched off", () => {
    const attention = new Attention({ isOn: false });
    attention.attend(0, 0);
    expect(attention.attend(60_000, 100)).toBe(0);
    expect(attention.now).toBe(60_000);
    expect(attention.isSteady).toBe(true);
  });

  it("never goes back, never overtakes real time, and reaches what it gave as real time", () => {
    const steps = fc.array(fc.tuple(fc.double({ min: 0, max: 5000, noNaN: true }), fc.boolean()));
    fc.assert(
      fc.property(steps, (all) => {
        const attention = new Attention();
        attention.attend(0, 0);
        let now = 0;
        for (const [passedMs, isOnTime] of all) {
          const before = attention.now;
          const dueAt = before + passedMs;
          const asked = attention.realTimeOf(dueAt);
          now = isOnTime ? Math.max(now, asked) : asked + passedMs;
          const seen = attention.timeAt(now, asked);
          attention.attend(now, asked);
          expect(attention.now).toBe(seen);
          expect(attention.now).toBeGreaterThanOrEqual(Math.max(before, dueAt));
          expect(attention.now).toBeLessThanOrEqual(now);
        }
      }),
    );
  });
});
