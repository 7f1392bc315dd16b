import { describe, expect, it } from "vitest";
import { LocalHealth } from "../../../../runtime/core/membership/local-health.js";

describe("local health", () => {
  it("goes through memberlist's table of awareness", () => {
    const rows: [points: number, score: number, timeoutMs: number][] = [
      [0, 0, 1000],
      [-1, 0, 1000],
      [-10, 0, 1000],
      [1, 1, 2000],
      [-1, 0, 1000],
      [10, 7, 8000],
      [-1, 6, 7000],
      [-1, 5, 6000],
      [-1, 4, 5000],
      [-1, 3, 4000],
      [-1, 2, 3000],
      [-1, 1, 2000],
      [-1, 0, 1000],
      [-1, 0, 1000],
    ];
    // Its maximum of 8 is the first score that is not reached.
    const health = new LocalHealth({ scoreMax: 7 });
    for (const [points, score, timeoutMs] of rows) {
      health.apply(points);
      expect([health.score, health.scaled(1000)]).toEqual([score, timeoutMs]);
    }
  });

  it("is nine times as patient at most, as in the paper", () => {
    const health = new LocalHealth();
    health.apply(100);
    expect(health.scaled(1000)).toBe(9000);
    expect(health.scaled(500)).toBe(4500);
  });

  it.each([
    [100, 0],
    [101, 1],
    [1000, 1],
    [1001, 2],
    [3000, 2],
    [5001, 3],
  ])("a stall of %d ms costs %d", (stalledMs, score) => {
    const health = new LocalHealth();
    health.stalled(stalledMs);
    expect(health.score).toBe(score);
  });

  it("suffers from being refuted, deaf to helpers and mistaken, and heals with each answer", () => {
    const health = new LocalHealth();
    health.note("refuted");
    health.note("helper-silent");
    health.note("mistaken");
    expect(health.score).toBe(3);
    health.note("answered");
    expect(health.score).toBe(2);
  });

  it("stays at zero where it is switched off", () => {
    const health = new LocalHealth({ scoreMax: 0 });
    health.stalled(10_000);
    expect(health.scaled(1000)).toBe(1000);
  });
});
