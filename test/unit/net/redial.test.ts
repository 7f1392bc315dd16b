import { expect, it } from "vitest";
import { RnpError } from "../../../runtime/core/error.js";
import { Redial } from "../../../runtime/net/redial.js";

const REFUSED = new RnpError("UNAVAILABLE", "nobody listens there");
const FORGED = new RnpError("AUTH_FAILED", "not a certificate of this cluster");

/** The pauses after each of `count` failures, as long as chance can make them. */
function pauses(count: number, isAwaited: boolean): number[] {
  const redial = new Redial();
  return Array.from({ length: count }, () => {
    redial.failed(0, REFUSED, 1);
    return redial.dueAt(isAwaited);
  });
}

it("dials at once where no dial has failed, and again after one that succeeded", () => {
  const redial = new Redial();
  expect(redial.dueAt(false)).toBeLessThan(0);
  redial.failed(0, REFUSED, 1);
  redial.forget();
  expect(redial.dueAt(false)).toBeLessThan(0);
  expect(redial.error).toBeUndefined();
  redial.failed(0, REFUSED, 1);
  expect(redial.dueAt(false)).toBe(100);
});

it("doubles the longest pause from 100 ms to 30 s", () => {
  expect(pauses(12, false)).toEqual([
    100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000,
  ]);
});

it("chooses any pause up to the longest, so that many nodes do not dial at one moment", () => {
  const redial = new Redial();
  redial.failed(1000, REFUSED, 0);
  expect(redial.dueAt(false)).toBe(1000);
  redial.failed(1000, REFUSED, 0.25);
  expect(redial.dueAt(false)).toBe(1050);
});

it("lets a call that somebody awaits wait for a second at most", () => {
  expect(pauses(8, true)).toEqual([100, 200, 400, 800, 1000, 1000, 1000, 1000]);
});

it.each(["AUTH_FAILED", "UNAUTHORIZED", "VERSION_MISMATCH"] as const)(
  "lets nobody dial for half a minute after %s",
  (code) => {
    const redial = new Redial();
    redial.failed(0, new RnpError(code, "refused"), 0);
    expect(redial.isTerminal).toBe(true);
    expect(redial.dueAt(true)).toBe(30_000);
    expect(redial.dueAt(false)).toBe(30_000);
  },
);

it("knows the last failure only", () => {
  const redial = new Redial();
  redial.failed(0, FORGED, 0);
  redial.failed(0, REFUSED, 0);
  expect(redial.isTerminal).toBe(false);
  expect(redial.error).toBe(REFUSED);
});
