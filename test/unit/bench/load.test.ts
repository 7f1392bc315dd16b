import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Arrivals } from "../../bench/load/arrivals.js";
import { chunksOf, isIntact } from "../../bench/load/chunks.js";
import { monotonicMs } from "../../bench/load/clock.js";
import { keepInFlight, type Settle } from "../../bench/load/in-flight.js";
import { natsVersion } from "../../bench/load/nats-server.js";
import { pingsBesideEchoes } from "../../bench/load/pings-beside-echoes.js";
import { RealFolder } from "../../bench/load/real-folder.js";
import { interleave } from "../../bench/load/rounds.js";
import { perSecond } from "../../bench/load/sent.js";
import { someAtATime } from "../../bench/load/some-at-a-time.js";

describe("keepInFlight", () => {
  test("has as many operations under way as it is told to, and begins one for each that ends", async () => {
    let underWay = 0;
    const seen = new Set<number>();
    await keepInFlight({ inFlightCount: 3, durationMs: 20 }, (settle) => {
      underWay += 1;
      setImmediate(() => {
        seen.add(underWay);
        underWay -= 1;
        settle();
      });
    });
    expect(Math.max(...seen)).toBe(3);
    expect(underWay).toBe(0);
  });

  test("waits for the last operation, though its time is over", async () => {
    const settles: Settle[] = [];
    let isOver = false;
    const ended = keepInFlight({ inFlightCount: 2, durationMs: 0 }, (settle) => {
      settles.push(settle);
    }).finally(() => {
      isOver = true;
    });
    settles[0]?.();
    await Promise.resolve();
    expect(isOver).toBe(false);
    settles[1]?.();
    expect(await ended).toMatchObject({ count: 2 });
    expect(settles).toHaveLength(2);
  });

  test("fails with the first operation that does", async () => {
    const ended = keepInFlight({ inFlightCount: 2, durationMs: 1000 }, (settle) => {
      settle(new Error("refused"));
    });
    await expect(ended).rejects.toThrow("refused");
  });
});

describe("Arrivals", () => {
  test("says at once what has arrived already", async () => {
    const arrivals = new Arrivals();
    arrivals.add(5);
    const before = monotonicMs();
    expect(await arrivals.reached(5)).toBeGreaterThanOrEqual(before);
  });

  test("counts anew after each answer, and keeps what came beyond it", async () => {
    const arrivals = new Arrivals();
    const first = arrivals.reached(3);
    arrivals.add(2);
    arrivals.add(2);
    await first;
    let isReached = false;
    const second = arrivals.reached(2).then(() => {
      isReached = true;
    });
    await Promise.resolve();
    expect(isReached).toBe(false);
    arrivals.add(1);
    await second;
  });
});

test("interleave begins every round with another measure and leaves the warm-up out", async () => {
  const calls: string[] = [];
  const measure = (name: string) => async () => calls.push(name);
  const measures = { a: measure("a"), b: measure("b") };
  const values = await interleave(measures, { roundCount: 2, warmUpCount: 1 });
  expect(calls.join("")).toBe("abbaab");
  expect(values).toEqual({ a: [4, 5], b: [3, 6] });
});

test("perSecond counts from the first message's sending until the last one's arrival", () => {
  expect(perSecond({ count: 50, startedAtMs: 1000 }, 1500)).toBe(100);
});

test("someAtATime takes each item once, and no more at a time than it may", async () => {
  const items = ["a", "b", "c", "d", "e"];
  const taken: string[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  await someAtATime(items, 2, async (item, index) => {
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    taken[index] = item;
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  });
  expect(taken).toEqual(items);
  expect(mostUnderWay).toBe(2);
});

describe("chunksOf", () => {
  test("makes chunks of 1 MiB that differ and are what their checksums say", () => {
    const [first, second] = chunksOf(2);
    expect(first?.chunk_data).toHaveLength(1024 * 1024);
    expect(isIntact(first!) && isIntact(second!)).toBe(true);
    expect(first?.checksum).not.toBe(second?.checksum);
  });

  test("makes chunks whose damage shows", () => {
    const [chunk] = chunksOf(1);
    chunk!.chunk_data[7]! ^= 1;
    expect(isIntact(chunk!)).toBe(false);
  });
});

test("pings are compared with echoes of the same block, percentile by percentile", async () => {
  const twice = await pingsBesideEchoes(
    async (count) => Array<number>(count).fill(4),
    async (count) => Array<number>(count).fill(2),
  );
  expect(twice).toMatchObject({ ping_p50_vs_raw_tls: 2, ping_p99_vs_raw_tls: 2, ping_p50_ms: 4 });
});

test("the folder for stores goes with its user", () => {
  const folder = new RealFolder();
  expect(existsSync(folder.path)).toBe(true);
  folder[Symbol.dispose]();
  expect(existsSync(folder.path)).toBe(false);
});

test("where there is no nats-server on the PATH there is no version of it", async () => {
  const { PATH } = process.env;
  process.env.PATH = "/nowhere";
  try {
    expect(await natsVersion()).toBeUndefined();
  } finally {
    process.env.PATH = PATH;
  }
});
