import { describe, expect, it } from "vitest";
import {
  AccusationLimit,
  isProbablyMe,
} from "../../../../runtime/core/membership/accusation-limit.js";

describe("the limit of accusations", () => {
  it("grants three at once, then one per refill", () => {
    const limit = new AccusationLimit(1000);
    expect([1, 2, 3, 4].map(() => limit.take(500))).toEqual([true, true, true, false]);
    expect(limit.nextAt(500)).toBe(1500);
    expect(limit.take(1499)).toBe(false);
    expect(limit.take(1500)).toBe(true);
    expect(limit.take(1500)).toBe(false);
    expect(limit.nextAt(1500)).toBe(2500);
  });

  it("is full again after three refills, and no fuller after more", () => {
    const limit = new AccusationLimit(1000);
    for (let count = 0; count < 3; count += 1) limit.take(0);
    expect([1, 2, 3, 4].map(() => limit.take(60_000))).toEqual([true, true, true, false]);
  });
});

describe("whether it is rather this node that is deaf", () => {
  it.each([
    { silent: 1, watched: 1, isMe: false },
    { silent: 2, watched: 2, isMe: false },
    { silent: 3, watched: 3, isMe: true },
    { silent: 3, watched: 12, isMe: false },
    { silent: 4, watched: 12, isMe: true },
    { silent: 125, watched: 500, isMe: false },
    { silent: 126, watched: 500, isMe: true },
  ])("$silent silent of $watched watched: $isMe", ({ silent, watched, isMe }) => {
    expect(isProbablyMe(silent, watched)).toBe(isMe);
  });
});
