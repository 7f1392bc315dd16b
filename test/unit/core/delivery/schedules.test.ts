import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EPOCH } from "../../../support/channel-pair.js";
import type { InboundCopy } from "../../../support/channel-schedule.js";
import { Schedule, type Step } from "../../../support/channel-schedule.js";

const STEPS: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("send" as const), kind: fc.nat(3) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("deliver" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("finish" as const), pick: fc.nat(9), how: fc.nat(9) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("ack" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("connect" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("late" as const), pick: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick: fc.nat(9) }) },
);

function run(steps: readonly Step[], mayCrash: boolean): Schedule {
  const schedule = new Schedule();
  for (const step of steps) schedule.take(step);
  if (!mayCrash) schedule.finish();
  return schedule;
}

/** How often each message ran to its end. */
function runsOf(runs: readonly InboundCopy[], name: number): number {
  return runs.filter((copy) => copy.data === name && copy.isHandled).length;
}

/** How often each message had an effect: where its handler was late, it had one all the same. */
function effectsOf(runs: readonly InboundCopy[], name: number): number {
  return runs.filter((copy) => copy.data === name && copy.hasActed).length;
}

/**
 * What was given up before the receiver had heard of the channel makes the sender begin another epoch, where it sends
 * again what was promised at least once; late copies of the first epoch may run all the same.
 */
function mayRepeat(schedule: Schedule, name: number): boolean {
  return schedule.channel.epoch > EPOCH && schedule.promiseOf(name) === "at-least-once";
}

describe("any schedule of sends, losses, late copies, refusals and acks", () => {
  it("handles what was delivered exactly once, and what was not delivered never", () => {
    fc.assert(
      fc.property(fc.array(STEPS, { minLength: 10, maxLength: 120, size: "max" }), (steps) => {
        const schedule = run(steps, false);
        for (const [name, fate] of schedule.fates.all) {
          const count = runsOf(schedule.runs, name as number);
          const effectCount = effectsOf(schedule.runs, name as number);
          const isOnce = schedule.promiseOf(name as number) !== "at-least-once";
          const countMax = mayRepeat(schedule, name as number) ? Number.POSITIVE_INFINITY : 1;
          if (/not-delivered|rejected/.test(fate)) expect(effectCount).toBe(0);
          else expect(isOnce ? effectCount : count).toBeLessThanOrEqual(countMax);
          if (fate === "delivered") expect(count).toBeGreaterThanOrEqual(1);
        }
        expect(schedule.fates.all.size).toBe(schedule.sentCount);
      }),
      { numRuns: 1500 },
    );
  });

  it("begins ordered messages in order, one after the other", () => {
    fc.assert(
      fc.property(fc.array(STEPS, { minLength: 10, maxLength: 120, size: "max" }), (steps) => {
        const schedule = run(steps, false);
        const handled = schedule.runs.filter(({ isOrdered, isHandled }) => isOrdered && isHandled);
        const names = [...new Set(handled.map(({ data }) => data as number))];
        expect(names).toEqual([...names].sort((one, other) => one - other));
        expect(schedule.hasOverlapped).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });

  it("with a receiver that forgets handles at least once what was delivered, and once what may run once", () => {
    const crash = fc.record({ do: fc.constant("crash" as const) });
    const steps = fc.array(
      fc.oneof({ weight: 15, arbitrary: STEPS }, { weight: 1, arbitrary: crash }),
      {
        minLength: 10,
        maxLength: 120,
        size: "max",
      },
    );
    fc.assert(
      fc.property(steps, (each) => {
        const schedule = run(each, false);
        for (const [name, fate] of schedule.fates.all) {
          const count = runsOf(schedule.runs, name as number);
          const effectCount = effectsOf(schedule.runs, name as number);
          const mayRepeat = schedule.promiseOf(name as number) === "at-least-once";
          if (fate === "delivered") expect(count).toBeGreaterThanOrEqual(1);
          if (/not-delivered/.test(fate)) expect(effectCount).toBe(0);
          if (!mayRepeat) expect(effectCount).toBeLessThanOrEqual(1);
        }
        expect(schedule.fates.all.size).toBe(schedule.sentCount);
      }),
      { numRuns: 1500 },
    );
  });
});
