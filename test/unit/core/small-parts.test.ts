import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reconnectDelayMs } from "../../../runtime/core/backoff.js";
import { Deadlines } from "../../../runtime/core/deadlines.js";
import { isRnpError, RnpError, toRnpError } from "../../../runtime/core/error.js";
import { Keepalive } from "../../../runtime/core/keepalive.js";
import { LatencyHistogram } from "../../../runtime/core/latency-histogram.js";
import { retryDelayMs } from "../../../runtime/core/retry.js";

describe("the retry policy", () => {
  it("is the specification's: 100, 300, 900, 2700 ms, then no more", () => {
    expect([1, 2, 3, 4, 5].map((attempt) => retryDelayMs(attempt))).toEqual([
      100,
      300,
      900,
      2700,
      undefined,
    ]);
  });

  it("never waits longer than its bound", () => {
    const policy = { baseDelayMs: 100, multiplier: 3, delayMaxMs: 30_000, attemptCountMax: 20 };
    expect(retryDelayMs(10, policy)).toBe(30_000);
  });
});

describe("the reconnect backoff", () => {
  it("doubles its bound from 100 ms to 30 s and jitters below it", () => {
    expect(reconnectDelayMs(1, 1)).toBe(100);
    expect(reconnectDelayMs(3, 1)).toBe(400);
    expect(reconnectDelayMs(1000, 1)).toBe(30_000);
    expect(reconnectDelayMs(1000, 0)).toBe(0);
  });
});

describe("deadlines", () => {
  it("come out in order of time, without those that no longer wait", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1000), fc.boolean())), (entries) => {
        const live = new Set(entries.flatMap(([, lives], key) => (lives ? [key] : [])));
        const deadlines = new Deadlines<number>((key) => live.has(key));
        for (const [key, [at]] of entries.entries()) deadlines.add(at, key);
        const taken: number[] = [];
        for (let key = deadlines.takeDue(2000); key !== undefined; key = deadlines.takeDue(2000)) {
          taken.push(entries[key]![0]);
          live.delete(key);
        }
        const expected = entries.filter(([, lives]) => lives).map(([at]) => at);
        expect(taken).toEqual(expected.sort((a, b) => a - b));
      }),
    );
  });

  it("are not due before their time", () => {
    const deadlines = new Deadlines<string>(() => true);
    deadlines.add(10, "a");
    expect(deadlines.takeDue(9)).toBeUndefined();
    expect(deadlines.nextAt).toBe(10);
    expect(deadlines.takeDue(10)).toBe("a");
    expect(deadlines.nextAt).toBeUndefined();
  });
});

describe("the latency histogram", () => {
  it("reads quantiles within a tenth, also after another one was added", () => {
    const histogram = new LatencyHistogram();
    const other = new LatencyHistogram();
    for (let ms = 1; ms <= 500; ms++) histogram.record(ms);
    for (let ms = 501; ms <= 1000; ms++) other.record(ms);
    histogram.add(JSON.parse(JSON.stringify(other)));
    expect(histogram.count).toBe(1000);
    expect(histogram.quantileMs(0.5)! / 500).toBeCloseTo(1, 0.9);
    expect(Math.abs(histogram.quantileMs(0.99)! - 990)).toBeLessThan(99);
  });

  it("has no quantile while it is empty and takes any number", () => {
    const histogram = new LatencyHistogram();
    expect(histogram.quantileMs(0.5)).toBeUndefined();
    for (const ms of [-5, 0, 1e12]) histogram.record(ms);
    expect(histogram.quantileMs(0)).toBe(0.001);
    expect(histogram.count).toBe(3);
  });
});

describe("keepalive", () => {
  it("asks for one ping after the interval and gives up after the patience", () => {
    const keepalive = new Keepalive(0, 60, 10);
    expect(keepalive.due(59)).toBe("nothing");
    expect(keepalive.due(60)).toBe("ping");
    expect(keepalive.due(65)).toBe("nothing");
    expect(keepalive.due(70)).toBe("gone");
  });

  it("starts over when anything is heard", () => {
    const keepalive = new Keepalive(0, 60, 10);
    keepalive.due(60);
    keepalive.heard(65);
    expect(keepalive.due(70)).toBe("nothing");
    expect(keepalive.dueAt).toBe(125);
  });
});

describe("an RnpError", () => {
  it("says its code first and knows number and retryability from the schemas", () => {
    const error = new RnpError("RESOURCE_EXHAUSTED", "no room", { details: { requested_mb: 1 } });
    expect(error.message).toBe("[RESOURCE_EXHAUSTED] no room");
    expect(error.reason).toBe("no room");
    expect(error.number).toBe(3000);
    expect(error.outcome).toBe("not-delivered");
  });

  it("keeps all it knows when a fact is added", () => {
    const cause = new Error("why");
    const error = new RnpError("TIMEOUT", "late", { details: { timeout_ms: 5 }, cause });
    const known = error.with({ outcome: "unknown", peer: "node-2" });
    expect(known).toMatchObject({ code: "TIMEOUT", outcome: "unknown", peer: "node-2", cause });
    expect(known.details).toEqual({ timeout_ms: 5 });
    expect(known.message).toBe(error.message);
  });

  it("hides the text of foreign errors, which may hold paths and secrets", () => {
    const error = toRnpError(new Error("cannot read /etc/secret"));
    expect(error.code).toBe("INTERNAL_ERROR");
    expect(error.message).not.toContain("secret");
    expect((error.cause as Error).message).toContain("secret");
  });

  it("is told from other errors by a brand, not by its class", () => {
    expect(isRnpError(new RnpError("TIMEOUT", "late"))).toBe(true);
    expect(isRnpError(new Error("late"))).toBe(false);
    expect(isRnpError(undefined)).toBe(false);
  });
});
