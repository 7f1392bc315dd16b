import { afterEach, expect, it, vi } from "vitest";
import { nextBootEpochMs } from "../../../runtime/node/boot-epoch.js";

afterEach(() => vi.useRealTimers());

it("is later for each node of a process, even within one millisecond", () => {
  vi.useFakeTimers({ now: Date.now() + 60_000 });
  const first = nextBootEpochMs();
  expect(first).toBe(Date.now());
  expect(nextBootEpochMs()).toBe(first + 1);
});

it("is later than a remembered one although the clock was set back", () => {
  const remembered = Date.now() + 3_600_000;
  const epoch = nextBootEpochMs(remembered);
  expect(epoch).toBe(remembered + 1);
  expect(nextBootEpochMs()).toBe(remembered + 2);
});
