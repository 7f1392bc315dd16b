import { describe, expect, it } from "vitest";
import { TIMINGS } from "../../../runtime/core/membership/timing.js";
import { type Liveness, timingOf } from "../../../runtime/node/liveness.js";

describe("liveness", () => {
  it("is the timeline of the specification unless told otherwise", () => {
    expect(timingOf()).toEqual(TIMINGS.specification);
    expect(timingOf({})).toEqual(TIMINGS.specification);
  });

  it.each(["specification", "lan", "wan", "local"] as const)("goes by the preset %s", (name) => {
    expect(timingOf(name)).toEqual(TIMINGS[name]);
    expect(timingOf({ preset: name, syncIntervalMs: 7 })).toEqual({
      ...TIMINGS[name],
      syncIntervalMs: 7,
    });
  });

  it.each<[Liveness, string]>([
    [
      "fast" as "lan",
      "liveness: fast is no preset; expected one of specification, lan, wan, local",
    ],
    ["toString" as "lan", "liveness: toString is no preset"],
    [{ heartbeatIntervalMs: -1 }, "liveness: heartbeatIntervalMs is -1"],
    [{ preset: "lan", lateAfterMs: 500 }, "liveness: lateAfterMs has to be at least twice"],
    [{ suspectAfterMs: 40_000 }, "liveness: reportAfterMs must not come before suspectAfterMs"],
  ])("says which number of %j is wrong", (liveness, text) => {
    expect(() => timingOf(liveness)).toThrow(RangeError);
    expect(() => timingOf(liveness)).toThrow(text);
  });
});
