import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Repeat } from "../../../runtime/constellation/repeat.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function repeat(action: () => Promise<void> | void) {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  return { errors, repeat: new Repeat({ intervalMs: 100, action, onError }) };
}

describe("a repetition", () => {
  it("begins at once and goes on at its interval until it is closed", async () => {
    let count = 0;
    const { repeat: each } = repeat(() => void count++);
    expect(count).toBe(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(count).toBe(3);
    await each.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(count).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("survives an action that fails, and says so", async () => {
    const { errors, repeat: each } = repeat(() => {
      throw new Error("no");
    });
    await vi.advanceTimersByTimeAsync(100);
    await each.close();
    expect(errors).toHaveLength(2);
  });

  it("takes no turn while one is being taken, but one more where it was asked to", async () => {
    const ends: (() => void)[] = [];
    const { repeat: each } = repeat(() => new Promise<void>((resolve) => ends.push(resolve)));
    await vi.advanceTimersByTimeAsync(500);
    expect(ends).toHaveLength(1);
    each.soon();
    each.soon();
    ends[0]!();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(2);
    ends[1]!();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(2);
    each.soon();
    expect(ends).toHaveLength(3);
    ends[2]!();
    await each.close();
  });

  it("is closed only when the turn under way is over", async () => {
    let end: () => void = () => {};
    const { repeat: each } = repeat(() => new Promise<void>((resolve) => (end = resolve)));
    let isClosed = false;
    const closing = each.close().then(() => (isClosed = true));
    await vi.advanceTimersByTimeAsync(10);
    expect(isClosed).toBe(false);
    end();
    await closing;
  });
});
