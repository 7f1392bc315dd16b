import { describe, expect, it } from "vitest";
import {
  invalidTiming,
  scaledTiming,
  suspicionMs,
  TIMINGS,
} from "../../../../runtime/core/membership/timing.js";

const { specification, lan } = TIMINGS;

describe("membership timing", () => {
  it("keeps the timeline of the specification to the millisecond", () => {
    expect(specification).toMatchObject({
      heartbeatIntervalMs: 10_000,
      lateAfterMs: 30_000,
      suspectAfterMs: 31_000,
      indirectAfterMs: 32_000,
      noAnswerAfterMs: 35_000,
      reportAfterMs: 37_000,
    });
    const { minMs, maxMs } = suspicionMs(10_000, specification);
    expect([specification.suspectAfterMs + minMs, maxMs]).toEqual([36_000, 5000]);
  });

  it("has four presets whose numbers are in order, however fast or slow", () => {
    for (const timing of Object.values(TIMINGS)) {
      for (const factor of [0.01, 1, 7]) {
        expect(invalidTiming(scaledTiming(factor, timing))).toBeUndefined();
      }
    }
  });

  it.each([
    ["lan", 1, 1000, 4000],
    ["lan", 100, 2000, 8000],
    ["lan", 10_000, 3000, 12_000],
    ["wan", 10, 6500, 32_500],
    ["local", 1000, 1200, 3600],
  ] as const)("in %s with %i members suspicion lasts %i to %i ms", (name, count, minMs, maxMs) => {
    expect(suspicionMs(count, TIMINGS[name])).toEqual({ minMs, maxMs });
  });

  it("takes an empty cluster for one of one member", () => {
    expect(suspicionMs(0, lan).minMs).toBe(1000);
  });

  it("scales times and nothing else", () => {
    const slow = scaledTiming(2, lan);
    expect(slow).toMatchObject({ lateAfterMs: 5200, suspicionFactorMax: 4, inquiresLost: true });
    expect(slow.probeIntervalMs).toBe(2000);
    expect(scaledTiming(2, specification).probeIntervalMs).toBeUndefined();
    expect(scaledTiming(1, lan)).toEqual(lan);
  });

  it.each([
    [{ heartbeatIntervalMs: 0 }, "heartbeatIntervalMs has to be above 0"],
    [{ heartbeatIntervalMs: 1400 }, "one slow heartbeat"],
    [{ probeIntervalMs: 0 }, "probeIntervalMs"],
    [{ announceIntervalMs: 0 }, "announceIntervalMs"],
    [{ syncIntervalMs: 0 }, "syncIntervalMs"],
    [{ syncIntervalMs: Number.NaN }, "syncIntervalMs is NaN"],
    [{ lateAfterMs: Number.POSITIVE_INFINITY }, "lateAfterMs is Infinity"],
    [{ suspicionPerDecadeMs: -1 }, "suspicionPerDecadeMs is -1"],
    [{ indirectAfterMs: 2600 }, "indirectAfterMs has to come after lateAfterMs"],
    [{ noAnswerAfterMs: 2800 }, "noAnswerAfterMs has to come after indirectAfterMs"],
    [{ suspectAfterMs: 2600 }, "suspectAfterMs has to come after lateAfterMs"],
    [{ reportAfterMs: 3099 }, "reportAfterMs must not come before"],
    [{ suspicionFactorMax: 0.5 }, "suspicionFactorMax"],
    [{ suspectAfterMs: 2700, suspicionBaseMs: 399 }, "before it was asked"],
  ])("refuses %j", (wrong, complaint) => {
    expect(invalidTiming({ ...lan, ...wrong })).toContain(complaint);
  });
});
