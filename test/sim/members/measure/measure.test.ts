import { describe, expect, test } from "vitest";
import { measureChurn } from "./churn.js";
import { measureDetection } from "./detection.js";
import { measureLoad } from "./load.js";
import { measureLocalHealth } from "./local-health.js";
import { measureQuiet } from "./quiet.js";

/** What `npm run bench -- membership` measures at length, in less than a minute. */
const SEED = 7;
const TIMEOUT_MS = 120_000;

describe("in a simulated cluster", () => {
  test.each([
    [8, "mesh", 40],
    [32, "epidemic", 40],
    [100, "epidemic", 40],
    [1000, "epidemic", 20],
  ] as const)(
    "of %i, a %s, a lost member is found in 1.7 periods, and known by all in time",
    {
      timeout: TIMEOUT_MS,
    },
    (count, dissemination, victimCount) => {
      const found = measureDetection({ seed: SEED, count, dissemination, victimCount });
      expect(found.victims).toBe(victimCount);
      expect(found.mean_first_detection_periods).toBeLessThanOrEqual(1.7);
      expect(found.mean_first_detection_periods).toBeGreaterThan(0.5);
      expect(found.informed_max_periods).toBeLessThanOrEqual(found.bound_periods);
      expect(found.false_deaths).toBe(0);
    },
  );

  test("a node has as many messages among 1,000 as among 100", { timeout: TIMEOUT_MS }, () => {
    const [few, many] = [100, 1000].map((count) => {
      return measureLoad({ seed: SEED, count, dissemination: "epidemic", periodCount: 20 });
    });
    const growth = many!.messages_per_node_per_period / few!.messages_per_node_per_period;
    expect(Math.abs(growth - 1)).toBeLessThan(0.1);
    expect(many!.connections_max).toBeLessThan(64);
  });

  test("nodes that stand still again and again accuse twenty times as often if they do not doubt themselves", {
    timeout: TIMEOUT_MS,
  }, () => {
    const [on, off] = [true, false].map((localHealth) => {
      return measureLocalHealth({ seed: SEED, localHealth, durationMs: 600_000 });
    });
    expect(off!.accusations).toBeGreaterThan(5);
    expect(20 * on!.accusations).toBeLessThanOrEqual(off!.accusations);
    expect(on!.healthyDead).toBe(0);
  });

  test.each([
    [32, 1_800_000],
    [1000, 30_000],
  ])(
    "of %i nobody is doubted in %i ms without a fault",
    { timeout: TIMEOUT_MS },
    (count, durationMs) => {
      const quiet = measureQuiet({ seed: SEED, count, durationMs });
      expect([quiet.false_suspicions, quiet.false_deaths]).toEqual([0, 0]);
      expect(quiet.events).toBeGreaterThan((count * durationMs) / 1000);
    },
  );

  test("that is restarted each week all views are equal in the end, and nothing is left behind", {
    timeout: TIMEOUT_MS,
  }, () => {
    const churn = measureChurn({ seed: SEED, count: 5, days: 8 });
    expect(churn.problems).toEqual([]);
    expect(churn.restarts).toBe(5);
    expect(churn.rows).toBe(5);
    expect(churn.pending_per_node).toBeLessThan(10);
  });
});
